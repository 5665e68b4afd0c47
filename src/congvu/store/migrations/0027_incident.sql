-- The register of cases under Article 3: abuse of the mail system, reported or noticed, and what came of it. d3.k4

-- A register, no judge: a case is what somebody found, by which provision, and the decision that ended it. It names no
-- person and quotes no message; who was concerned stands in the papers of that number.
create table incident (
  id        bigint generated always as identity,
  number    text primary key check (number <> '' and number is nfc normalized and length(number) <= 64),
  kind      text not null check (kind in ('propaganda', 'virus', 'spam', 'sabotage', 'honour', 'other')),
  provision text not null check (provision ~ '^[a-z][a-z0-9]*(\.[a-z0-9]+)*$'),
  found_on  date not null,
  at        timestamptz not null default congvu_now(),        -- when it was entered
  closed_on date check (closed_on >= found_on),
  outcome   text check (outcome in ('unfounded', 'dealt_with', 'referred')),
  decision  text not null default '' check (decision is nfc normalized and length(decision) <= 64),
  check ((closed_on is null) = (outcome is null)),
  check (outcome is not null or decision = ''),
  check (outcome is null or outcome = 'unfounded' or decision <> '')
);
create trigger audited before insert or update or delete or truncate on incident
  for each statement execute function audited();
create trigger kept before delete on incident for each row execute function kept();
create trigger kept_case before update on incident for each row
  when (old.closed_on is not null
        or (new.number, new.kind, new.provision, new.found_on, new.at)
           is distinct from (old.number, old.kind, old.provision, old.found_on, old.at))
  execute function kept();
create trigger in_open_day before insert on incident for each row execute function in_open_day();

grant select, insert, update (closed_on, outcome, decision) on incident to congvu_admin;
grant select on incident to congvu_seal;                      -- as it was entered; how it ended says its record

-- Whoever notices abuse, or that something is wrong, tells the Office where difficulties are told, too. What becomes of it
-- there is a case of the register, once it has a number.
alter table difficulty add column about text not null default 'difficulty' check (about in ('difficulty', 'abuse'));
drop trigger kept_word on difficulty;
create trigger kept_word before update on difficulty for each row
  when (old.answered_at is not null
        or (new.about, new.provision, new.body, new.staff_id, new.unit, new.at, new.version, new.form)
           is distinct from (old.about, old.provision, old.body, old.staff_id, old.unit, old.at, old.version, old.form))
  execute function kept();

create or replace function portal_difficulties(held bytea) returns jsonb
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
      from (select d.id, d.about, d.provision, d.body, d.at, p.full_name as by, u.name as unit_name, d.staff_id = who as own,
                   d.answered_at, d.answer
              from difficulty d join person p on p.staff_id = d.staff_id join unit u on u.code = d.unit
             where d.staff_id = who or office
             order by d.answered_at is not null, d.id desc
             limit 200) shown));
end $$;

drop function portal_report(bytea, text, text, bytea);
create function portal_report(held bytea, on_what text, on_provision text, told text, once bytea) returns text
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
  values (me.address, on_what || '.report', me.address, jsonb_build_object('provision', on_provision));
  insert into difficulty (about, provision, body, staff_id, unit, version, form)
  values (on_what, on_provision, told, who, me.unit, (select version from policy_version order by since desc limit 1), once)
      on conflict (form) do nothing;
  return 'recorded';
end $$;
revoke all on function portal_report(bytea, text, text, text, bytea) from public;
grant execute on function portal_report(bytea, text, text, text, bytea) to congvu_portal;
