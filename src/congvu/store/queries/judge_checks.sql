-- What one day came to for everybody: yes, no, or why it was not due. Whoever had a mailbox to look into has a row.
create temporary table found_check on commit drop as
with half as (
  select * from unnest(%(parts)s::text[], %(starts)s::timestamptz[], %(ends)s::timestamptz[], %(all_down)s::boolean[],
                       %(lost)s::boolean[]) h (part, starts, ends, all_down, lost)
), down as (
  select * from unnest(%(down_parts)s::text[], %(down_units)s::text[]) d (part, unit)
), seen as materialized (
  select distinct h.part, lower(e.login) as login
    from half h join event e on e.happened_at >= h.starts and e.happened_at < h.ends
   where exists (select from unnest(%(kinds)s::text[], %(doors)s::text[]) c (kind, door)
                  where c.kind = e.kind and (c.door is null or c.door = e.door))
     and (e.kind <> 'read' or lower(e.mailbox) = lower(e.login))
), visitor as materialized (
  select s.part, split_part(s.login, '@', 1) || '@' || coalesce(n.home, split_part(s.login, '@', 2)) as address
    from seen s left join domain_name n on n.name = split_part(s.login, '@', 2)
), judged as (
  select p.staff_id, p.unit, h.part,
         case
           when m.made_at > h.starts or p.starts = %(day)s then 'joining'
           when p.ends = %(day)s then 'leaving'
           -- nobody gave them a password until then, or it was taken from them before they came
           when v.address is null
             and (c.address is null or c.revoked_at < h.ends or c.origin = 'issued' and c.set_at > h.starts)
             then 'no_access'
           when a.kind is not null then absence_why(a.kind)
           when v.address is not null then 'yes'
           when h.all_down or exists (select from down d where d.part = h.part and d.unit = p.unit) then 'outage'
           when h.lost then 'no_records'
           else 'no'
         end as came_to
    from person p
         join mailbox m on m.staff_id = p.staff_id and not m.closed
         cross join half h
         left join credential c on c.address = p.address
         left join absence a on a.staff_id = p.staff_id and %(day)s between a.starts and a.ends
                            and a.part in ('', h.part)
         left join visitor v on v.part = h.part and v.address = p.address
   where p.starts <= %(day)s and (p.ends is null or p.ends >= %(day)s)
)
select staff_id, unit,
       min(came_to) filter (where part = 'morning') as morning,
       min(came_to) filter (where part = 'afternoon') as afternoon
  from judged
 group by staff_id, unit
