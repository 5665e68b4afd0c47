select (extract(epoch from since) * 1000000)::bigint as id, since as taken, version, sha256 as policy
  from policy_version
 where since >= %(since)s and since < %(until)s
 order by since
