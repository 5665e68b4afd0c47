-- What each signatory has not been reminded of at this step: by their part, the provisions of which nobody spoke.
select s.address, s.full_name, s.party, s.unit_name, array_agg(a.provision order by a.place) as missing
  from statement_signatory s
       join unnest(%(parties)s::text[], %(provisions)s::text[]) with ordinality a (party, provision, place)
         on a.party = s.party
 where not exists (select from statement_made m
                    where (m.quarter, m.version) = (%(quarter)s, %(version)s)
                      and (m.party, m.unit, m.provision) = (s.party, s.unit, a.provision))
   and not exists (select from statement_reminder r
                    where (r.address, r.quarter, r.version, r.step)
                          = (s.address, %(quarter)s, %(version)s, %(step)s))
 group by s.address, s.full_name, s.party, s.unit, s.unit_name
 order by s.address, s.party, s.unit_name
