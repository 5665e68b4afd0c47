-- The people's page: its sessions, and what people put on record there: that they know the regulation, what heads and
-- the Office vouch for each quarter, which provisions give trouble. d3.k1, d5.s6, d8, and every row that somebody attests

-- Opened by the password service alone, for whoever gave the right password. The page's own role reads and writes no
-- table: it hands over what the browser holds, and the functions below act for that session's person and nobody else.
create table portal_session (
  token           bytea primary key check (length(token) = 32), -- SHA-256 of what the browser holds
  address         text not null references mailbox on delete cascade,
  password_set_at timestamptz not null,                       -- another password ends it
  opened_at       timestamptz not null default congvu_now(),
  used_at         timestamptz not null default congvu_now()
);
create index on portal_session (address);

create view session_alive with (security_barrier) as
  select s.token, a.address, a.staff_id
    from portal_session s
         join account a on a.address = s.address and a.password_set_at = s.password_set_at
   where a.state in ('active', 'due')
     and s.used_at > congvu_now() - interval '30 minutes'
     and s.opened_at > congvu_now() - interval '8 hours';

-- Who told us that they know which version. The digest says which words they saw.
create table acknowledgement (
  staff_id text not null references person,
  version  text not null,
  sha256   text not null,
  at       timestamptz not null default congvu_now(),
  primary key (staff_id, sha256)
);

-- For whom somebody may vouch on this day: heads for their unit, the head of the unit that keeps the office's mailbox
-- for the Office, and for the director whoever the address of that duty leads to. No clerk, no deputy.
create view signatory with (security_barrier) as
  select r.staff_id, 'head' as party, m.unit
    from held_role r join mailbox m on m.address = r.box and m.kind = 'unit' and not m.closed
   where r.role = 'head'
   union
  select r.staff_id, 'office', m.unit
    from mailbox o
         join mailbox m on m.unit = o.unit and m.kind = 'unit' and not m.closed
         join held_role r on r.box = m.address and r.role = 'head'
   where o.kind = 'office' and not o.closed
   union
  select p.staff_id, 'director', p.unit
    from forwarding f join person p on p.address = f.target
   where f.duty and not f.closed and f.address like 'giamdoc@%';

-- Who is asked at all, whether anybody can sign for them today or not. `who`: as the report names them; people by id.
create view asked with (security_barrier) as
  select 'head' as party, code as key, name as who from unit where not closed
   union all
  select distinct 'office', u.code, u.name
    from mailbox o join unit u on u.code = o.unit where o.kind = 'office' and not o.closed
   union all
  select 'director', s.unit, u.name from signatory s join unit u on u.code = s.unit where s.party = 'director'
   union all
  select 'user', p.staff_id, 'mã cán bộ ' || p.staff_id
    from person p join mailbox m on m.staff_id = p.staff_id and not m.closed
   where congvu_today() >= p.starts and (p.ends is null or congvu_today() <= p.ends);

-- Rows are never taken back: whoever thinks better of it says so anew, and the last word counts.
create table statement (
  id        bigint generated always as identity primary key,
  quarter   text not null check (quarter ~ '^20\d\d-Q[1-4]$'),
  provision text not null check (provision ~ '^[a-z][a-z0-9]*(\.[a-z0-9]+)*$'),
  party     text not null check (party in ('head', 'office', 'director')),
  unit      text not null references unit,
  attested  boolean not null,
  remark    text not null default '' check (remark is nfc normalized and length(remark) <= 1000),
  staff_id  text not null references person,                  -- who said it
  at        timestamptz not null default congvu_now(),
  version   text not null,
  sha256    text not null,
  check (attested or remark <> '')                            -- whoever does not vouch says why
);
create index on statement (quarter, provision, party, unit, id desc);

create view statement_last with (security_barrier) as
  select distinct on (quarter, version, provision, party, unit) *
    from statement
   order by quarter, version, provision, party, unit, id desc;

create table difficulty (
  id          bigint generated always as identity primary key,
  provision   text not null check (provision ~ '^[a-z][a-z0-9]*(\.[a-z0-9]+)*$'),
  body        text not null check (body is nfc normalized and length(body) between 1 and 4000),
  staff_id    text not null references person,
  unit        text not null references unit,
  at          timestamptz not null default congvu_now(),
  version     text not null,
  form        bytea not null unique check (length(form) = 16), -- a form that is sent twice is one report
  answered_at timestamptz,
  answered_by text references person,
  answer      text not null default '' check (answer is nfc normalized and length(answer) <= 4000),
  check ((answered_at is null) = (answered_by is null)),
  check ((answered_at is null) = (answer = ''))
);
create index on difficulty (staff_id);

do $$
declare
  name text;
begin
  foreach name in array array['acknowledgement', 'statement', 'difficulty'] loop
    execute format('create trigger audited before insert or update or delete or truncate on %I
                    for each statement execute function audited()', name);
    execute format('create trigger kept before delete on %I for each row execute function kept()', name);
    execute format('create trigger kept_whole before truncate on %I for each statement execute function kept()', name);
  end loop;
end $$;
create trigger kept_word before update on acknowledgement for each row execute function kept();
create trigger kept_word before update on statement for each row execute function kept();
create trigger kept_word before update on difficulty for each row
  when (old.answered_at is not null
        or (new.provision, new.body, new.staff_id, new.unit, new.at, new.version, new.form)
           is distinct from (old.provision, old.body, old.staff_id, old.unit, old.at, old.version, old.form))
  execute function kept();

-- The password service: the right password was given just now. False: it no longer is, or the account has no page.
create function open_session(who text, present text, held bytea) returns boolean
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  delete from portal_session s where not exists (select from session_alive a where a.token = s.token);
  insert into portal_session (token, address, password_set_at)
  select sha256(held), c.address, c.set_at
    from credential c join account a on a.address = c.address
   where c.address = who and c.hash = present and a.state in ('active', 'due');
  return found;
end $$;

-- Whose session it is, which goes on by that; null: nobody's, or no longer.
create function session_person(held bytea) returns text
  language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
  who text;
begin
  select staff_id into who from session_alive where token = sha256(held);
  if who is not null then
    update portal_session set used_at = congvu_now() where token = sha256(held);
  end if;
  return who;
end $$;

create function close_session(held bytea) returns void
  language sql security definer set search_path = pg_catalog, public, pg_temp
  as $$ delete from portal_session where token = sha256(held) $$;

-- What the page shows. Each is about the session's person; null without one.
create function portal_home(held bytea) returns jsonb
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  who text := session_person(held);
begin
  return (
    select jsonb_build_object(
      'staff_id', p.staff_id, 'full_name', p.full_name, 'kind', p.kind, 'position', p.position,
      'starts', p.starts, 'ends', p.ends, 'address', p.address, 'unit', a.unit, 'unit_name', a.unit_name,
      'state', a.state, 'set_at', a.password_set_at, 'due_on', a.due_on, 'expires_on', a.expires_on,
      'days_left', a.expires_on - congvu_today(), 'quota_mb', a.quota_mb, 'now', congvu_now(),
      'aliases', (select coalesce(jsonb_agg(f.address order by f.address), '[]')
                    from forwarding f where f.target = p.address and not f.closed),
      'roles', (select coalesce(jsonb_agg(jsonb_build_object('box', r.box, 'unit_name', b.unit, 'role', r.role)
                                          order by r.box), '[]')
                  from held_role r join box_name b on b.address = r.box where r.staff_id = who),
      'signs', (select coalesce(jsonb_agg(jsonb_build_object('party', s.party, 'unit', s.unit, 'unit_name', u.name)
                                          order by s.party, u.name), '[]')
                  from signatory s join unit u on u.code = s.unit where s.staff_id = who),
      'handovers', (select coalesce(jsonb_agg(jsonb_build_object(
                             'id', h.id, 'box', h.box, 'unit_name', b.unit, 'decision', h.decision,
                             'decided_on', h.decided_on, 'effective_on', h.effective_on) order by h.id), '[]')
                      from handover h join box_name b on b.address = h.box
                     where h.receiver = who and h.effective_on <= congvu_today() and h.acknowledged_at is null),
      'policy', (select jsonb_build_object('version', v.version, 'sha256', v.sha256, 'since', (
                           select min(since) from policy_version w where w.version = v.version))
                   from policy_version v order by v.since desc limit 1),
      'acknowledged', (select coalesce(jsonb_agg(jsonb_build_object('version', version, 'sha256', sha256, 'at', at)
                                                 order by at), '[]')
                         from acknowledgement k where k.staff_id = who))
      from person p join account a on a.staff_id = p.staff_id
     where p.staff_id = who);
end $$;

-- What the records of changes say about a person: named as their subject or their actor, or in a line of a bulk change.
-- Not what else those lines hold.
create function portal_records(held bytea) returns jsonb
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  who text := session_person(held);
  own text := (select address from person where staff_id = who);
begin
  if who is null then
    return null;
  end if;
  return (
    select coalesce(jsonb_agg(shown order by id desc), '[]')
      from (select r.id, r.at, r.verb, r.actor = own as own_act, r.subject = own or r.subject = who as about_me,
                   case when r.actor = own then r.detail ->> 'client' end as client
              from audit_record r
             where (r.subject in (own, who) or r.actor = own or r.detail ->> 'head' = who
                or r.detail ->> 'giver' = who or r.detail ->> 'receiver' = who
                or r.detail ->> 'reader' = who or r.detail ->> 'approver' = who
                or exists (select from audit_diff d
                            where d.record = r.id
                              and d.body ~ ('(^|[^A-Za-z0-9._/-])(' || regexp_replace(who, '\W', '\\\&', 'g') || '|'
                                            || regexp_replace(own, '\W', '\\\&', 'g') || ')($|[^A-Za-z0-9._/-])')))
               -- Nobody may learn here that somebody else has the password that they chose (ADR 0012).
               and r.verb <> 'password.in_use' and (r.verb <> 'credential.revoke' or r.subject = own)
             order by r.id desc
             limit 200) shown);
end $$;

create function portal_statements(held bytea, in_quarter text, as_party text, for_unit text) returns jsonb
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  if not exists (select from signatory
                  where staff_id = session_person(held) and party = as_party and unit = for_unit) then
    return null;
  end if;
  return (
    select coalesce(jsonb_object_agg(s.provision, jsonb_build_object(
             'attested', s.attested, 'remark', s.remark, 'at', s.at, 'by', p.full_name)), '{}')
      from statement_last s join person p on p.staff_id = s.staff_id
     where s.quarter = in_quarter and s.party = as_party and s.unit = for_unit
       and s.version = (select version from policy_version order by since desc limit 1));
end $$;

-- One's own; whoever signs for the Office sees those of all.
create function portal_difficulties(held bytea) returns jsonb
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  who text := session_person(held);
  office boolean := exists (select from signatory where staff_id = who and party = 'office');
begin
  if who is null then
    return null;
  end if;
  return jsonb_build_object('office', office, 'rows', (
    select coalesce(jsonb_agg(shown order by answered_at is not null, id desc), '[]')
      from (select d.id, d.provision, d.body, d.at, p.full_name as by, u.name as unit_name, d.staff_id = who as own,
                   d.answered_at, d.answer
              from difficulty d join person p on p.staff_id = d.staff_id join unit u on u.code = d.unit
             where d.staff_id = who or office
             order by d.answered_at is not null, d.id desc
             limit 200) shown));
end $$;

-- What people put on record. Says recorded, or why not: no_session; other_policy: not the one that they were shown.
create function portal_acknowledge(held bytea, shown text) returns text
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  who text := session_person(held);
  own text := (select address from person where staff_id = who);
  policy policy_version := (select v from policy_version v order by since desc limit 1);
begin
  if who is null then
    return 'no_session';
  elsif policy.sha256 is distinct from shown then
    return 'other_policy';
  elsif exists (select from acknowledgement where staff_id = who and sha256 = shown) then
    return 'recorded';
  end if;
  insert into audit_record (actor, verb, subject, detail)
  values (own, 'policy.acknowledge', own, jsonb_build_object('version', policy.version, 'sha256', shown));
  insert into acknowledgement (staff_id, version, sha256) values (who, policy.version, shown)
      on conflict do nothing;                                 -- the same form at the same moment
  return 'recorded';
end $$;

-- `said`: [{"provision", "attested", "remark"}]. Also not_yours: they may not sign for that unit in that part, which is
-- put on record, too; other_quarter: neither the running one nor the one before.
create function portal_state(held bytea, in_quarter text, as_party text, for_unit text, shown text, said jsonb)
  returns text language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  who text := session_person(held);
  own text := (select address from person where staff_id = who);
  policy policy_version := (select v from policy_version v order by since desc limit 1);
  about jsonb := jsonb_build_object('quarter', in_quarter, 'party', as_party, 'unit', for_unit);
  news jsonb;
begin
  if who is null then
    return 'no_session';
  elsif not exists (select from signatory where staff_id = who and party = as_party and unit = for_unit) then
    insert into audit_record (actor, verb, subject, detail) values (own, 'statement.refuse', own, about);
    return 'not_yours';
  elsif policy.sha256 is distinct from shown then
    return 'other_policy';
  -- A quarter may begin on the 15th of the month before it; which runs exactly is the page's to work out.
  elsif in_quarter not between to_char(congvu_today() - interval '6 months', 'YYYY"-Q"Q')
                           and to_char(congvu_today() + 17, 'YYYY"-Q"Q') then
    return 'other_quarter';
  end if;
  perform pg_advisory_xact_lock(hashtextextended('statement ' || for_unit, 0));
  select jsonb_agg(jsonb_build_object('provision', n.provision, 'attested', n.attested, 'remark', n.remark))
    into news
    from jsonb_to_recordset(said) n (provision text, attested boolean, remark text)
   where not exists (select from statement_last s
                      where s.quarter = in_quarter and s.version = policy.version and s.party = as_party
                        and s.unit = for_unit and s.provision = n.provision
                        and (s.attested, s.remark, s.staff_id) = (n.attested, n.remark, who));
  if news is null then
    return 'recorded';
  end if;
  insert into audit_record (actor, verb, subject, detail)
  select own, 'statement.make', own, about || jsonb_build_object('version', policy.version, 'sha256', shown,
           'attested', coalesce(jsonb_agg(n ->> 'provision') filter (where (n ->> 'attested')::boolean), '[]'),
           'not_attested', coalesce(jsonb_agg(n ->> 'provision') filter (where not (n ->> 'attested')::boolean), '[]'))
    from jsonb_array_elements(news) n;
  insert into statement (quarter, provision, party, unit, attested, remark, staff_id, version, sha256)
  select in_quarter, n.provision, as_party, for_unit, n.attested, n.remark, who, policy.version, shown
    from jsonb_to_recordset(news) n (provision text, attested boolean, remark text);
  return 'recorded';
end $$;

-- Also too_many: nobody meets so much trouble in a day.
create function portal_report(held bytea, on_provision text, told text, once bytea) returns text
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  who text := session_person(held);
  me person := (select p from person p where staff_id = who);
  known difficulty := (select d from difficulty d where form = once);
begin
  if who is null then
    return 'no_session';
  elsif known.staff_id = who then
    return 'recorded';
  elsif (select count(*) >= 20 from difficulty where staff_id = who and at > congvu_now() - interval '1 day') then
    return 'too_many';
  end if;
  insert into audit_record (actor, verb, subject, detail)
  values (me.address, 'difficulty.report', me.address, jsonb_build_object('provision', on_provision));
  insert into difficulty (provision, body, staff_id, unit, version, form)
  values (on_provision, told, who, me.unit, (select version from policy_version order by since desc limit 1), once)
      on conflict (form) do nothing;
  return 'recorded';
end $$;

create function portal_answer(held bytea, difficulty_id bigint, told text) returns text
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  who text := session_person(held);
  own text := (select address from person where staff_id = who);
begin
  if who is null then
    return 'no_session';
  elsif not exists (select from signatory where staff_id = who and party = 'office') then
    insert into audit_record (actor, verb, subject, detail)
    values (own, 'difficulty.refuse', own, jsonb_build_object('difficulty', difficulty_id));
    return 'not_yours';
  end if;
  perform from difficulty where id = difficulty_id and answered_at is null for update;
  if not found then
    return 'recorded';                                        -- somebody was quicker, or this form was sent before
  end if;
  insert into audit_record (actor, verb, subject, detail)
  values (own, 'difficulty.answer', own, jsonb_build_object('difficulty', difficulty_id));
  update difficulty set answered_at = congvu_now(), answered_by = who, answer = told where id = difficulty_id;
  return 'recorded';
end $$;

-- Whoever receives a mailbox says so in person.
create function portal_take_over(held bytea, handover_id bigint) returns text
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  me person := (select p from person p where staff_id = session_person(held));
  act handover;
begin
  if me.staff_id is null then
    return 'no_session';
  end if;
  select * into act from handover
   where id = handover_id and receiver = me.staff_id and effective_on <= congvu_today() for update;
  if act.id is null then
    return 'not_yours';
  elsif act.acknowledged_at is null then
    insert into audit_record (actor, verb, subject, detail)
    values (me.address, 'handover.acknowledge', act.box,
            jsonb_build_object('decision', act.decision, 'by', me.full_name));
    update handover set acknowledged_at = congvu_now(), acknowledged_by = me.full_name where id = act.id;
  end if;
  return 'recorded';
end $$;

do $$
begin
  execute format('grant connect on database %I to congvu_portal', current_database());
end $$;
grant usage on schema public to congvu_portal;
revoke all on function open_session(text, text, bytea), session_person(bytea), close_session(bytea), portal_home(bytea),
                       portal_records(bytea), portal_statements(bytea, text, text, text), portal_difficulties(bytea),
                       portal_acknowledge(bytea, text), portal_state(bytea, text, text, text, text, jsonb),
                       portal_report(bytea, text, text, bytea), portal_answer(bytea, bigint, text),
                       portal_take_over(bytea, bigint) from public;
grant execute on function open_session(text, text, bytea) to congvu_password;
grant execute on function close_session(bytea), portal_home(bytea), portal_records(bytea),
                          portal_statements(bytea, text, text, text), portal_difficulties(bytea),
                          portal_acknowledge(bytea, text), portal_state(bytea, text, text, text, text, jsonb),
                          portal_report(bytea, text, text, bytea), portal_answer(bytea, bigint, text),
                          portal_take_over(bytea, bigint) to congvu_portal;
grant select on acknowledgement, statement, statement_last, difficulty, signatory, asked to congvu_admin;
