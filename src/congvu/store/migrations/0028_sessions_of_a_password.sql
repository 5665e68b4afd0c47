-- A password that its owner has changed keeps no mail session open either. Where a second factor counts, it was app
-- passwords that opened them, and those stay. The webmail proves its key at each request and holds nothing open.
create or replace function password_changed() returns trigger
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  delete from app_password where address = new.address and expires_at is not null;
  if not exists (select from second_factor where address = new.address and confirmed_at is not null) then
    insert into session_end (login) values (new.address) on conflict (login) do update set since = excluded.since;
  end if;
  return null;
end $$;
