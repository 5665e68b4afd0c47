insert into box_check (day, box, visits, longest, still_open, head)
select %(day)s, %(box)s, %(visits)s, %(longest)s, %(still_open)s, %(head)s
 where not exists (select from box_check_last l
                    where l.day = %(day)s and l.box = %(box)s
                      and (l.visits, l.longest, l.still_open, l.head)
                          is not distinct from (%(visits)s, %(longest)s, %(still_open)s, %(head)s::boolean))
