-- What was said for a quarter under one version of the policy; an acknowledgement speaks for every row of the users.
select provision, party, unit as key, attested, remark
  from statement_last
 where quarter = %(quarter)s and version = %(version)s
 union all
select '', 'user', staff_id, true, ''
  from acknowledgement
 where version = %(version)s
