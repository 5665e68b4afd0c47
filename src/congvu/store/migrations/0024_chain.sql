-- The chain of evidence: what each day held, and the seals. d3.k4.3, d8.k2.2; src/congvu/chain, ADR 0023

-- Some records had no moment at which they were taken in, or no number. What was there before counts as taken in now.
alter table observation add column id bigint generated always as identity,
                        add column taken_at timestamptz not null default congvu_now();
alter table acknowledgement add column id bigint generated always as identity;
create index on observation (taken_at);
create index on audit_record (at);

-- What was signed, and by whom. `head`: SHA-256 of the body, which the next body names.
create table seal (
  day       date primary key,
  body      text not null,
  head      text not null check (head = encode(sha256(convert_to(body, 'UTF8')), 'hex')),
  previous  text not null unique check (body like '%' || E'\nprevious: ' || previous || E'\n%'),
  signature text not null,
  signer    text not null,                                    -- the public key
  sealed_at timestamptz not null default congvu_now()
);

-- What a day held of one source. The content may expire; this stays. `marks`: 8 bytes of each line's digest.
create table segment (
  day    date references seal,
  source text not null,
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  lines  int not null check (lines >= 0),
  marks  bytea not null check (length(marks) = 8 * lines),
  primary key (day, source)
);

-- To whom a seal was handed over
create table seal_copy (
  day       date references seal,
  recipient text,
  sent_at   timestamptz not null default congvu_now(),
  primary key (day, recipient)
);

-- A chain has no gaps and no forks, and a day is sealed when it is over.
create function joined() returns trigger
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  last seal := (select s from seal s order by day desc limit 1);
begin
  if new.day >= congvu_today() then
    raise exception 'the day % is not over', new.day using errcode = 'integrity_constraint_violation';
  elsif new.day <> last.day + 1 or new.previous <> coalesce(last.head, repeat('0', 64)) then
    raise exception 'the seal of % does not follow that of %', new.day, last.day
      using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;
create trigger joined before insert on seal for each row execute function joined();

do $$
declare
  name text;
begin
  foreach name in array array['seal', 'segment', 'seal_copy'] loop
    execute format('create trigger kept before update or delete on %I for each row execute function kept()', name);
    execute format('create trigger kept_whole before truncate on %I for each statement execute function kept()', name);
  end loop;
end $$;

-- A day that is sealed takes no record any more. Whoever writes holds the day open until the end of their transaction;
-- whoever seals it waits for them, and they for the seal. Neither numbers nor snapshots would say as much: a transaction
-- that began before midnight has its moment from then, but a number (and a place in pg_snapshot_xmin) only once it
-- writes, which may be an hour later. Such a record is not refused, which would lose it: it is one of the next day.
create function day_key(day date) returns bigint language sql immutable strict
  as $$ select hashtextextended('congvu.day ' || (day - date '2000-01-01'), 0) $$;

create function taken_in(moment timestamptz) returns timestamptz
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  day date := congvu_day(moment);
  last date;
begin
  -- Before the first seal, everything up to yesterday is sealed together.
  select max(s.day) into last from seal s;
  perform pg_advisory_xact_lock_shared(day_key(case when last is null then greatest(day, congvu_today() - 1) else day end));
  select max(s.day) into last from seal s;                    -- it may have been sealed while we waited
  if day > last or last is null then
    return moment;
  end if;
  moment := greatest(clock_timestamp(), (last + 1)::timestamp at time zone 'Asia/Ho_Chi_Minh');
  perform pg_advisory_xact_lock_shared(day_key(congvu_day(moment)));
  return moment;
end $$;

create function in_open_day() returns trigger
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  if tg_table_name = 'policy_version' then
    new.since := taken_in(new.since);
  elsif tg_table_name in ('event', 'observation') then
    new.taken_at := taken_in(new.taken_at);
  else
    new.at := taken_in(new.at);
  end if;
  return new;
end $$;

do $$
declare
  name text;
begin
  foreach name in array array['acknowledgement', 'audit_record', 'event', 'observation', 'policy_version',
                              'statement'] loop
    execute format('create trigger in_open_day before insert on %I for each row execute function in_open_day()', name);
  end loop;
  execute format('grant connect on database %I to congvu_seal', current_database());
end $$;

revoke all on function joined(), day_key(date), taken_in(timestamptz), in_open_day() from public;
grant usage on schema public to congvu_seal;
grant execute on function congvu_now(), congvu_day(timestamptz), congvu_today(), day_key(date), evidence_is_read()
   to congvu_seal;
grant select on acknowledgement, audit_record, event, observation, policy_version, statement, seal, segment
   to congvu_seal;
grant insert (day, body, head, previous, signature, signer) on seal to congvu_seal;
grant insert on segment to congvu_seal;
grant select on seal, seal_copy to congvu_reminder;            -- which sends them
grant insert (day, recipient) on seal_copy to congvu_reminder;
grant select on seal, segment, seal_copy to congvu_admin;
