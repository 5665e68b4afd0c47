-- A password that opens nothing any more keeps nothing open either.

create function password_lost() returns trigger
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  insert into session_end (login) values (new.address) on conflict (login) do update set since = excluded.since;
  return null;
end $$;

create trigger revoked after update on credential for each row
  when (new.revoked_at is not null and old.revoked_at is null) execute function password_lost();
create trigger reset after update on credential for each row
  when (new.origin = 'reset' and new.hash <> old.hash) execute function password_lost();

revoke all on function password_lost() from public;
