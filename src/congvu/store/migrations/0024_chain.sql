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
-- whoever seals it waits for them, and they for the seal. Neither numbers nor snapshots would say as much: a
-- transaction that began before midnight has its moment from then, but a number (and a place in pg_snapshot_xmin) only
-- once it writes, which may be an hour later. Its record is not refused, which would lose it: it is of the next day.
create function in_open_day() returns trigger
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  held constant int := 24;                                    -- of advisory locks: the days
  taken timestamptz;
  day date;
  last date;
begin
  if tg_table_name = 'policy_version' then
    taken := new.since;
  elsif tg_table_name in ('event', 'observation') then
    taken := new.taken_at;
  else
    taken := new.at;
  end if;
  day := (taken at time zone 'Asia/Ho_Chi_Minh')::date;
  perform pg_advisory_xact_lock_shared(held, day - date '2000-01-01');
  select max(s.day) into last from seal s;                    -- it may have been sealed while we waited
  if last is null and day < congvu_today() - 1 then           -- the first seal, of yesterday, holds what was before
    perform pg_advisory_xact_lock_shared(held, congvu_today() - 1 - date '2000-01-01');
    select max(s.day) into last from seal s;
  end if;
  if day > last or last is null then
    return new;
  end if;
  taken := greatest(clock_timestamp(), (last + 1)::timestamp at time zone 'Asia/Ho_Chi_Minh');
  perform pg_advisory_xact_lock_shared(held, congvu_day(taken) - date '2000-01-01');
  if tg_table_name = 'policy_version' then
    new.since := taken;
  elsif tg_table_name in ('event', 'observation') then
    new.taken_at := taken;
  else
    new.at := taken;
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

revoke all on function joined(), in_open_day() from public;
grant usage on schema public to congvu_seal;
grant execute on function congvu_now(), congvu_day(timestamptz), congvu_today(), evidence_is_read()
   to congvu_seal;
grant select on acknowledgement, audit_record, event, observation, policy_version, statement, seal, segment
   to congvu_seal;
grant insert (day, body, head, previous, signature, signer) on seal to congvu_seal;
grant insert on segment to congvu_seal;
grant select on seal, seal_copy to congvu_reminder;            -- which sends them
grant insert (day, recipient) on seal_copy to congvu_reminder;
grant select on seal, segment, seal_copy to congvu_admin;
