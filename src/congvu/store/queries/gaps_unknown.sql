-- What the collector says to be missing of the records, as far as it stands among the outages not yet. What the filter or
-- Postfix lost tells nothing of who came in.
select distinct e.starts, e.ends
  from (select (detail ->> 'from')::timestamptz as starts, (detail ->> 'until')::timestamptz as ends
          from event
         where kind = 'gap' and coalesce(detail ->> 'source', '') not in ('rspamd', 'postfix')) e
 where e.ends > e.starts
   and not exists (select from outage o
                    where o.source = 'gap' and o.unit is null and (o.starts, o.ends) = (e.starts, e.ends))
