with given as (delete from staged_credential returning *)
insert into credential (address, hash, origin, set_at)
select address, hash, origin, set_at from given
    on conflict (address) do update set hash = excluded.hash, origin = excluded.origin, set_at = excluded.set_at
