with stale as materialized (select login, selector from door_key where name <> all (%(living)s::text[])),
     passwords as (update credential set revoked_at = congvu_now()
                    where address in (select login from stale where selector = '') returning address),
     told as (insert into audit_record (actor, verb, subject, detail)
              select %(actor)s, 'credential.revoke', address, '{"reason": "backup.restore"}' from passwords),
     services as (update service set revoked_at = congvu_now()
                   where address in (select login from stale where selector = ''))
delete from app_password where selector in (select selector from stale)
