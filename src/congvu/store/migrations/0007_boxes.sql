-- The mailboxes of units and offices, opened and used by role. d4.k1, d4.k2

-- What the ACLs of the mail store name: a box and a role, never a person. Who is in the group is said at each login.
create view box_group with (security_barrier) as
  select login, box || ':' || role as name from box_member;

-- To which groups the mail store lists a box. No person stands here. ("user" and "anyone" are the other kinds that
-- Dovecot asks for; there are none.)
create view box_share with (security_barrier) as
  select 'group' as kind, m.address || ':' || each.role as name, m.address as box, '1' as shown
    from mailbox m cross join unnest(array['head', 'clerk', 'deputy', 'member']) each(role)
   where m.kind <> 'person' and not m.closed;

-- Dovecot writes such rows itself when it meets new rights. That is the directory's to say: here nothing stays.
create table box_share_written (
  kind  text,
  name  text,
  box   text,
  shown text,
  primary key (kind, name, box)
);
create function nothing_stays() returns trigger language plpgsql as $$ begin return null; end $$;
create trigger nothing_stays before insert or update on box_share_written
  for each row execute function nothing_stays();

create view box_name with (security_barrier) as
  select m.address, m.kind, u.name as unit
    from mailbox m join unit u on u.code = m.unit
   where m.kind <> 'person' and not m.closed;

-- In which box a copy of what is sent from an address is kept: the box's own address, and its aliases.
create view sent_copy with (security_barrier) as
  select address, address as box from box_name
   union all
  select a.address, b.address from alias a join box_name b on b.address = a.target;

-- Who may send as a box: all who work in it. A member does where the policy lets members work, not only read.
create or replace view reach as
  select login as address, login from door
   union all
  select box, login from box_member
   where role <> 'member'
      or exists (select from policy_value where key = 'boxes.member_access' and value #>> '{}' = 'work');

-- As which boxes the webmail lets a login send, and under which name.
create view box_identity with (security_barrier) as
  select r.login, b.address, b.kind, b.unit
    from reach r join box_name b on b.address = r.address;

-- Sessions keep what they had at login. Whoever loses access has theirs ended; the row goes once that is done
-- (congvu sessions), however often it was interrupted.
create table session_end (
  login text primary key references mailbox,
  since timestamptz not null default clock_timestamp()
);

create function end_sessions(who text) returns void
  language sql security definer set search_path = pg_catalog, public, pg_temp as $$
  insert into session_end (login) select address from person where staff_id = who
      on conflict (login) do update set since = excluded.since
$$;

create function role_lost() returns trigger language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  perform end_sessions(old.staff_id);
  return null;
end $$;

create trigger role_lost after delete on box_role for each row execute function role_lost();
create trigger role_changed after update on box_role for each row
  when ((new.box, new.staff_id, new.role) is distinct from (old.box, old.staff_id, old.role))
  execute function role_lost();
create trigger closed after update on mailbox for each row
  when (new.closed and not old.closed and new.kind = 'person') execute function role_lost();

revoke all on function end_sessions(text), role_lost(), nothing_stays() from public;

do $$
begin
  execute format('grant connect on database %I to congvu_webmail', current_database());
end $$;
grant usage on schema public to congvu_webmail;
grant execute on function congvu_now(), congvu_day(timestamptz), congvu_today() to congvu_webmail;
grant select on box_identity to congvu_webmail;
revoke select on box_member from dovecot;
grant select on box_group, box_share to dovecot;
grant select, insert, update, delete on box_share_written to dovecot;
grant select on sent_copy to postfix;
grant select on box_group, box_share, box_share_written, sent_copy, box_name, box_identity, session_end to congvu_admin;
grant delete on session_end to congvu_admin;
