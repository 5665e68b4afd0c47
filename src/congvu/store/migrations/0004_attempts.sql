-- Attempts at a password, for the throttle of the password service. One row each for as long as it counts, so that
-- neither a restart nor a second service forgets any. The login is kept as a digest only: people type their
-- password into the wrong field.

create table attempt (
  id     bigint generated always as identity primary key,
  at     timestamptz not null default congvu_now(),
  kind   text not null check (kind in ('enter', 'assess')),
  login  bytea not null,                                      -- SHA-256 of what was given as the login
  client text not null                                        -- '' where no limit for one client applies
);
create index on attempt (kind, login, at);
create index on attempt (kind, client, at) where client <> '';
create index on attempt (at);

-- Count an attempt before it is judged, so that many at once cannot slip through together. Null: it may go on;
-- else the time to wait. One that is turned away does not count, so that the wait has an end.
create function begin_attempt(what text, who text, via text, per_login int, per_client int, span interval)
  returns interval language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  subject bytea := sha256(convert_to(who, 'UTF8'));
  full_since timestamptz;
begin
  -- Always the login before the client, hence without deadlock.
  perform pg_advisory_xact_lock(hashtextextended('login ' || subject::text, 4));
  perform pg_advisory_xact_lock(hashtextextended('client ' || via, 4)) where via <> '';
  delete from attempt where at <= congvu_now() - span;
  full_since := greatest(
    (select at from attempt where kind = what and login = subject
      order by at desc offset per_login - 1 limit 1),
    (select at from attempt where kind = what and client = via and via <> ''
      order by at desc offset per_client - 1 limit 1));
  if full_since is null then
    insert into attempt (kind, login, client) values (what, subject, via);
  end if;
  return full_since + span - congvu_now();
end $$;

-- The right password was given: earlier failures at this login no longer count, against anyone.
create function forgive_attempts(who text) returns void
  language sql security definer set search_path = pg_catalog, public, pg_temp
  as $$ delete from attempt where kind = 'enter' and login = sha256(convert_to(who, 'UTF8')) $$;

revoke all on function begin_attempt(text, text, text, int, int, interval), forgive_attempts(text) from public;
grant execute on function begin_attempt(text, text, text, int, int, interval), forgive_attempts(text)
   to congvu_password;
