select id, at as taken, day, box, visits, longest, still_open, head
  from box_check
 where at >= %(since)s and at < %(until)s
 order by id
