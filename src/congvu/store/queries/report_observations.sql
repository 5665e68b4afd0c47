-- The newest of each control and host before a moment, and not before another.
select distinct on (control, host) control, host, observed_at, body, policy_sha256
  from observation
 where observed_at >= %(since)s and observed_at < %(until)s
 order by control, host, observed_at desc
