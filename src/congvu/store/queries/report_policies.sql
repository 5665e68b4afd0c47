-- Which policies were in force at some moment of the period, the last one last.
select version, sha256
  from policy_version v
 where since < %(until)s
   and not exists (select from policy_version w where w.since > v.since and w.since <= %(since)s)
 order by since
