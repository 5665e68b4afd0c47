select id, at as taken, number, kind, provision, found_on
  from incident
 where at >= %(since)s and at < %(until)s
 order by id
