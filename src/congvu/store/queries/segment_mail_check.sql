select id, at as taken, day, staff_id as by, unit, morning, morning_why, afternoon, afternoon_why, correction
  from mail_check
 where at >= %(since)s and at < %(until)s
 order by id
