-- What the collector says to be missing of the records, as far as it stands among the outages not yet. What the filter or
-- Postfix lost tells nothing of who came in. A single login that was lost is a gap of one moment.
select distinct e.starts, e.ends
  from (select starts, greatest(ends, starts + interval '1 second') as ends
          from event
               cross join lateral (select (detail ->> 'from')::timestamptz as starts,
                                          (detail ->> 'until')::timestamptz as ends) d
         where kind = 'gap' and coalesce(detail ->> 'source', '') not in ('rspamd', 'postfix')) e
 where e.starts is not null
   and not exists (select from outage o
                    where o.source = 'gap' and o.unit is null and (o.starts, o.ends) = (e.starts, e.ends))
