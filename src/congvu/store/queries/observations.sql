select control, host, observed_at, body, policy_sha256
  from observation
 where observed_at >= %(since)s and observed_at < %(until)s
 order by control, host, observed_at
