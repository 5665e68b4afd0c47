-- By unit how many people serve today, and how many of them had said by the end of the period that they know the
-- regulation in this version.
select u.name as unit, count(*) as people, count(*) as due,
       count(*) filter (where exists (select from acknowledgement k where k.staff_id = p.staff_id
                                         and k.version = %(version)s and k.at < %(until)s)) as kept
  from asked a join person p on a.party = 'user' and p.staff_id = a.key join unit u on u.code = p.unit
 group by u.code, u.name
 order by u.name, u.code
