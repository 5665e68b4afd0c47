-- From the records, which stay; what was found expires.
select split_part(verb, '.', 2) as kind, count(*) as count
  from audit_record
 where split_part(verb, '.', 1) = 'odd_use' and split_part(verb, '.', 2) = any(%(kinds)s)
   and at >= %(since)s and at < %(until)s
 group by verb
 order by verb
