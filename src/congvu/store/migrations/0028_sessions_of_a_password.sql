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

-- Sessions are told apart by their age: those of a transaction that took long to commit began under what it ends. So
-- what counts is its end, to a second.
create function since_the_commit() returns trigger
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  update session_end set since = clock_timestamp()
   where login = new.login and since < clock_timestamp() - interval '1 second';
  return null;
end $$;
create constraint trigger since_the_commit after insert or update on session_end deferrable initially deferred
  for each row execute function since_the_commit();
revoke all on function since_the_commit() from public;
