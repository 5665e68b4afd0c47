select id, taken_at as taken, control, host, observed_at as at, body, policy_sha256 as policy
  from observation
 where taken_at >= %(since)s and taken_at < %(until)s
 order by id
