-- From the records, which stay; what was found expires.
select split_part(verb, '.', 2) as kind, count(*) as count
  from audit_record
 where verb in ('odd_use.networks', 'odd_use.abroad', 'odd_use.spray', 'odd_use.sprayed')
   and at >= %(since)s and at < %(until)s
 group by verb
 order by verb
