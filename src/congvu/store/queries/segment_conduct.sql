select id, taken_at as taken, happened_at as at, host, kind, door, login, mailbox, peer, detail
  from event
 where taken_at >= %(since)s and taken_at < %(until)s and kind in ('opened', 'read') and mailbox = login
 order by id
