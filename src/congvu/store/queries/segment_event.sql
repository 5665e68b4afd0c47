select id, taken_at as taken, happened_at as at, host, kind, door, login, mailbox, peer, detail
  from event
 where taken_at >= %(since)s and taken_at < %(until)s
 order by id
