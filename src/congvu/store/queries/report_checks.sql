-- By unit how many people had to look into their mailbox, on how many days of theirs, and on how many they did.
with each as (
  select unit, staff_id, count(*) as due,
         count(*) filter (where coalesce(morning, true) and coalesce(afternoon, true)) as kept
    from mail_check_last
   where day between %(first)s and %(last)s and (morning is not null or afternoon is not null)
   group by unit, staff_id
)
select u.name as unit, count(*) as people, sum(e.due)::bigint as due, sum(e.kept)::bigint as kept
  from each e join unit u on u.code = e.unit
 group by u.code, u.name
 order by u.name, u.code
