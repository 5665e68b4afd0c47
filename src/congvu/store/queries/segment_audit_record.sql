select id, at as taken, actor, verb, subject, detail, role
  from audit_record
 where at >= %(since)s and at < %(until)s
 order by id
