select 'sessions' as kind, address as login from portal_session
 union
select 'sessions', address from app_password where expires_at is not null
 union
select 'keys', login from door_key
 where name <> all (%(living)s::text[])
   and not exists (select from app_password a where a.selector = door_key.selector and a.expires_at is not null)
 order by 1, 2
