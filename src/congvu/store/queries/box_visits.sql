-- Who watches which box on a day, when they came, and how much working time it had been alone before.
with holder as (
  select r.box, r.role, r.staff_id, p.address
    from held_role r join person p on p.staff_id = r.staff_id
   where r.role = any (%(watchers)s) and p.starts <= %(day)s and (p.ends is null or p.ends >= %(day)s)
), headed as (
  select distinct h.box
    from holder h
   where h.role = 'head'
     and (select coalesce(sum(case part when '' then 2 else 1 end), 0) from absence a
           where a.staff_id = h.staff_id and %(day)s between a.starts and a.ends) < 2
), visit as (
  select h.box, h.role, e.happened_at
    from event e
         left join domain_name n on n.name = split_part(lower(e.login), '@', 2)
         left join domain_name b on b.name = split_part(lower(e.mailbox), '@', 2)
         join holder h on h.box = split_part(lower(e.mailbox), '@', 1) || '@'
                                || coalesce(b.home, split_part(lower(e.mailbox), '@', 2))
                      and h.address = split_part(lower(e.login), '@', 1) || '@'
                                    || coalesce(n.home, split_part(lower(e.login), '@', 2))
   where e.happened_at >= %(starts)s and e.happened_at < %(ends)s
     and exists (select from unnest(%(kinds)s::text[], %(doors)s::text[]) c (kind, door)
                  where c.kind = e.kind and (c.door is null or c.door = e.door))
)
select m.address as box, m.unit,
       coalesce((select still_open from box_check_last l where l.box = m.address and l.day < %(day)s
                  order by l.day desc limit 1), 0) as carried,
       coalesce(array_agg(v.happened_at order by v.happened_at) filter (where v.box is not null), '{}') as moments,
       case when bool_or(v.role = 'head') then true when bool_or(h.box is not null) then false end as head
  from mailbox m
       left join headed h on h.box = m.address
       left join visit v on v.box = m.address
 where m.kind <> 'person' and not m.closed and m.made_at < %(starts)s
 group by m.address, m.unit
 order by m.address
