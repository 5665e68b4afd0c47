select id, at as taken, quarter, provision, party, unit, attested, remark, staff_id as by, version, sha256 as policy
  from statement
 where at >= %(since)s and at < %(until)s
 order by id
