insert into event_cursor as kept (host, cursor, read_until, not_understood)
values (%(host)s, %(cursor)s, %(read_until)s, %(not_understood)s)
    on conflict (host) do update
   set cursor = excluded.cursor, read_until = excluded.read_until,
       not_understood = kept.not_understood + excluded.not_understood
 where kept.cursor = %(before)s
returning host
