-- Auditors read the reports as they were made, under their own login; each reading is on record. d8.k2.2

-- Somebody of the directory, by a written order, until a day. Rows are never taken back; what was wrong is ended.
create table auditor (
  id         bigint generated always as identity primary key,
  staff_id   text not null references person,
  warrant    text not null check (warrant ~ '\S' and warrant !~ '[[:cntrl:]]' and length(warrant) <= 64),
  granted_on date not null default congvu_today(),
  until      date not null check (until >= granted_on and until <= granted_on + 366),
  ended_at   timestamptz,
  unique (staff_id, warrant)
);
create trigger audited before insert or update or delete or truncate on auditor
  for each statement execute function audited();
create trigger kept before delete on auditor for each row execute function kept();
create trigger kept_whole before truncate on auditor for each statement execute function kept();
create trigger kept_act before update on auditor for each row
  when (old.ended_at is not null or (new.staff_id, new.warrant, new.granted_on, new.until)
        is distinct from (old.staff_id, old.warrant, old.granted_on, old.until))
  execute function kept();

-- The page with what stands behind each provision, as it was when the report was made.
alter table report_issue add page text not null default '';

create function is_auditor(who text) returns boolean
  language sql stable set search_path = pg_catalog, public, pg_temp
  as $$ select exists (select from auditor where staff_id = who and ended_at is null and congvu_today() <= until) $$;

create function portal_reports(held bytea) returns jsonb
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  who text := session_person(held);
begin
  if who is null then
    return null;
  end if;
  return jsonb_build_object('auditor', is_auditor(who), 'rows', (
    select coalesce(jsonb_agg(jsonb_build_object('quarter', quarter, 'first', first, 'last', last, 'made_at', made_at)
                              order by quarter desc), '[]')
      from report_issue where page <> '' and is_auditor(who)));
end $$;

-- The record comes before the page: nobody reads without one.
create function portal_read(held bytea, of_quarter text) returns jsonb
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  who text := session_person(held);
  found text := (select page from report_issue where quarter = of_quarter and page <> '');
begin
  if who is null then
    return jsonb_build_object('outcome', 'no_session');
  elsif not is_auditor(who) then
    return jsonb_build_object('outcome', 'not_yours');
  elsif found is null then
    return jsonb_build_object('outcome', 'unknown');
  end if;
  insert into audit_record (actor, verb, subject, detail)
  values ((select address from person where staff_id = who), 'report.read', of_quarter,
          jsonb_build_object('quarter', of_quarter));
  return jsonb_build_object('outcome', 'shown', 'page', found);
end $$;

revoke all on function is_auditor(text), portal_reports(bytea), portal_read(bytea, text) from public;
grant execute on function portal_reports(bytea), portal_read(bytea, text) to congvu_portal;
grant select, insert (staff_id, warrant, until), update (ended_at) on auditor to congvu_admin;
