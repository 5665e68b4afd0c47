select id, at as taken, staff_id as by, version, sha256 as policy
  from acknowledgement
 where at >= %(since)s and at < %(until)s
 order by id
