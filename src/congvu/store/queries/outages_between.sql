select starts, ends, unit, source = 'gap' as lost
  from outage
 where withdrawn_at is null and starts < %(until)s and ends > %(since)s
 order by starts, id
