-- Who looked into their mailbox at the beginning of which half-day; how long the boxes of offices and units were left
-- alone. Both outlive the events that they were made from, and hold no more than the duty asks for. d4.k1.b.1, d4.k2.b.1,
-- d4.k3.f, d7.k1.a.1

-- Before a mailbox was there nobody could look into it. Of those that are older than this table it says: not before.
alter table mailbox add made_at timestamptz not null default congvu_now();

-- When mail could not be used, by all or by one unit: what the operator states, and gaps in the records themselves.
create table outage (
  id           bigint generated always as identity primary key,
  starts       timestamptz not null,
  ends         timestamptz not null check (ends > starts),
  unit         text references unit,                          -- null: everybody
  reason       text not null check (reason <> ''),
  source       text not null default 'operator' check (source in ('operator', 'gap')),
  at           timestamptz not null default congvu_now(),
  withdrawn_at timestamptz,
  unique nulls not distinct (starts, ends, unit, source)
);

-- What was asked of everybody on a day, as it was on the day. It says nothing of anybody, and stays.
create table check_day (
  id              bigint generated always as identity,
  day             date primary key,
  at              timestamptz not null default congvu_now(),
  estimated       boolean not null,                           -- the calendar of that year is not decided in all
  off             text not null,                              -- why nobody works; empty: a working day
  morning_from    timestamptz,
  morning_until   timestamptz,
  afternoon_from  timestamptz,
  afternoon_until timestamptz,
  counts          text[] not null,
  policy_sha256   text not null,
  check ((off = '') = (morning_from is not null))
);

-- True, false, or not due and why. Of an absence only this is kept: on leave, elsewhere on duty, in another shift; never
-- which leave. A day that was written down stays so: what comes to light later is a further row, and the last one counts.
-- `unit`: in which they served that day.
create table mail_check (
  id            bigint generated always as identity,
  day           date not null references check_day,
  staff_id      text not null references person,
  unit          text not null references unit,
  at            timestamptz not null default congvu_now(),
  morning       boolean,
  morning_why   text not null,
  afternoon     boolean,
  afternoon_why text not null,
  correction    boolean not null,
  primary key (day, staff_id, at),
  check ((morning is null) = (morning_why <> '')),
  check ((afternoon is null) = (afternoon_why <> '')),
  check (array[morning_why, afternoon_why] <@
         array['', 'joining', 'leaving', 'no_access', 'leave', 'mission', 'shift', 'outage', 'no_records'])
);
create index on mail_check (staff_id, day);
create index on mail_check (day, staff_id, at) where correction;
create index on mail_check (at);

create view mail_check_last with (security_barrier) as
  select day, staff_id, unit, at, morning, morning_why, afternoon, afternoon_why
    from mail_check c
   where not exists (select from mail_check later
                      where later.correction and later.day = c.day and later.staff_id = c.staff_id and later.at > c.at);

-- Working time, in minutes: the longest stretch without a visit that grew on this day, and what of it lasts at its end.
create table box_check (
  id             bigint generated always as identity,
  day            date not null references check_day,
  box            text not null references mailbox,
  at             timestamptz not null default congvu_now(),
  visits         int not null,
  longest        int not null,
  still_open     int not null,
  head           boolean,                                     -- null: no head of it served that day
  primary key (day, box, at)
);

create view box_check_last with (security_barrier) as
  select distinct on (day, box) * from box_check order by day, box, at desc;

-- What is kept of an absence: whether it was leave, duty elsewhere, or the hours of another shift.
create function absence_why(kind text) returns text language sql immutable strict
  as $$ select case when kind in ('cong_tac', 'di_hoc', 'biet_phai') then 'mission'
                    when kind = 'theo_ca' then 'shift' else 'leave' end $$;

-- What becomes of one half of a day when it is looked at again: a visit stays one, also when its event has expired; who
-- could not come in, could not, also when they can by now.
create function check_corrected(before text, now_found text) returns text language sql immutable strict
  as $$ select case when 'yes' = before or before = any (fixed) or now_found = any (fixed) then before else now_found end
          from (values (array['joining', 'leaving', 'no_access'])) f (fixed) $$;

-- Of one's own the last ten weeks, and for a head who of the unit is below the mark. Nobody else is shown anybody.
create function portal_checks(held bytea) returns jsonb
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  who text := session_person(held);
  since date := congvu_today() - 70;
  mark float := (select (value #>> '{}')::float from policy_value where key = 'check.min_rate');
begin
  if who is null then
    return null;
  end if;
  return jsonb_build_object(
    'since', since, 'mark', mark,
    'days', (select coalesce(jsonb_agg(jsonb_build_object(
                      'day', c.day, 'morning', c.morning, 'morning_why', c.morning_why,
                      'afternoon', c.afternoon, 'afternoon_why', c.afternoon_why) order by c.day desc), '[]')
               from mail_check_last c where c.staff_id = who and c.day >= since),
    'below', (select coalesce(jsonb_agg(to_jsonb(b) order by b.unit_name, b.full_name), '[]')
                from (select u.name as unit_name, p.staff_id, p.full_name, count(*) as due,
                             count(*) filter (where coalesce(c.morning, true) and coalesce(c.afternoon, true)) as kept
                        from signatory s
                             join unit u on u.code = s.unit
                             join person p on p.unit = s.unit and p.staff_id <> who
                             join mail_check_last c on c.staff_id = p.staff_id and c.day >= since
                       where s.staff_id = who and s.party = 'head'
                         and (c.morning is not null or c.afternoon is not null)
                       group by u.name, p.staff_id, p.full_name
                      having count(*) filter (where coalesce(c.morning, true) and coalesce(c.afternoon, true))
                             < mark * count(*)) b));
end $$;

-- What was written down of people and boxes is forgotten when the policy says: whole days of when it was, as they are
-- sealed, so that a correction goes after what it corrects. How much there was stays on record.
create function expire_checks() returns bigint
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  before date := congvu_today()
    - make_interval(months => (select (value #>> '{}')::int from policy_value where key = 'retention.check_months'));
  ends timestamptz := before::timestamp at time zone 'Asia/Ho_Chi_Minh';
  forgotten bigint := (select count(*) from mail_check where at < ends) + (select count(*) from box_check where at < ends);
begin
  if forgotten > 0 then
    insert into audit_record (actor, verb, subject, detail)
    values ('congvu checks', 'checks.expire', '', jsonb_build_object('count', forgotten, 'before', before));
    delete from mail_check where at < ends;
    delete from box_check where at < ends;
  end if;
  return forgotten;
end $$;

revoke all on function portal_checks(bytea), absence_why(text), check_corrected(text, text), expire_checks() from public;
grant execute on function portal_checks(bytea) to congvu_portal;

do $$
declare
  name text;
begin
  foreach name in array array['outage', 'check_day', 'mail_check', 'box_check'] loop
    execute format('create trigger audited before insert or update or delete or truncate on %I
                    for each statement execute function audited()', name);
    execute format('create trigger kept_whole before truncate on %I for each statement execute function kept()', name);
  end loop;
  foreach name in array array['check_day', 'mail_check', 'box_check'] loop
    execute format('create trigger kept before update on %I for each row execute function kept()', name);
    execute format('create trigger in_open_day before insert on %I for each row execute function in_open_day()', name);
  end loop;
end $$;
create trigger kept before delete on outage for each row execute function kept();
create trigger kept_day before delete on check_day for each row execute function kept();
create trigger kept_word before update on outage for each row
  when (old.withdrawn_at is not null or (new.starts, new.ends, new.unit, new.reason, new.source, new.at)
        is distinct from (old.starts, old.ends, old.unit, old.reason, old.source, old.at))
  execute function kept();

grant select on outage, check_day, mail_check, mail_check_last, box_check, box_check_last to congvu_admin;
grant insert, update (withdrawn_at) on outage to congvu_admin;
grant insert on check_day, mail_check, box_check to congvu_admin;
grant select on check_day, mail_check, box_check to congvu_seal;
grant execute on function absence_why(text), check_corrected(text, text), expire_checks() to congvu_admin;
