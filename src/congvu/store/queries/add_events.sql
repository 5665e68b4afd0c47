insert into event (happened_at, host, kind, door, login, mailbox, peer, detail)
select * from unnest(%(happened_at)s::timestamptz[], %(host)s::text[], %(kind)s::text[], %(door)s::text[],
                     %(login)s::text[], %(mailbox)s::text[], %(peer)s::text[], %(detail)s::jsonb[])
