select id, at as taken, day, estimated, off, morning_from, morning_until, afternoon_from, afternoon_until, counts,
       policy_sha256 as policy
  from check_day
 where at >= %(since)s and at < %(until)s
 order by id
