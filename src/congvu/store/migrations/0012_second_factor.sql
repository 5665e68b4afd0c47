-- A second factor (TOTP) for whoever wants one, and the app passwords that mail programs need from then on. ADR 0019

create table second_factor (
  address      text primary key references mailbox on delete cascade,
  secret       bytea not null,                                -- encrypted under a key that this database does not hold
  key          text not null check (key ~ '^[0-9a-f]{16}$'),
  made_at      timestamptz not null default congvu_now(),
  confirmed_at timestamptz,                                   -- before that it guards nothing
  last_step    bigint not null default 0                      -- of 30 seconds each: a code works once
);

-- What a mail program, or one session of the webmail, logs in with. Its first eight letters name it, so that the mail
-- store can find it; the rest only its owner knows.
create table app_password (
  id         bigint generated always as identity primary key,
  address    text not null references second_factor on delete cascade,
  selector   text not null unique check (selector ~ '^[a-z2-7]{8}$'),
  hash       text not null check (hash ~ '^\$argon2id\$v=19\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$'),
  label      text not null check (label <> '' and label is nfc normalized and length(label) <= 60),
  made_at    timestamptz not null default congvu_now(),
  expires_at timestamptz                                      -- null: until it is revoked; a session of the webmail ends
);
create index on app_password (address);

-- That a code was used is no change of anything that a record is about.
create trigger audited before insert or delete or truncate or update of address, secret, key, confirmed_at
  on second_factor for each statement execute function audited();
create trigger audited before insert or update or delete or truncate on app_password
  for each statement execute function audited();

-- Mail sessions that another key has opened end: those of the password when the factor begins to count, those of an app
-- password when it is revoked, those of all of them when the factor ends.
create function key_lost() returns trigger
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  who text := case tg_op when 'DELETE' then old.address else new.address end;
begin
  insert into session_end (login) values (who) on conflict (login) do update set since = excluded.since;
  return null;
end $$;
create trigger begun after update on second_factor for each row
  when (new.confirmed_at is not null and old.confirmed_at is null) execute function key_lost();
create trigger ended after delete on second_factor for each row
  when (old.confirmed_at is not null) execute function key_lost();
create trigger revoked after delete on app_password for each row
  when (old.expires_at is null) execute function key_lost();

-- Keys end with the password that they were made beside: all of them when an administrator takes it away, the webmail's
-- when it is changed. Whoever comes back after the mailbox was closed begins without a factor.
create or replace function password_lost() returns trigger
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  insert into session_end (login) values (new.address) on conflict (login) do update set since = excluded.since;
  delete from app_password where address = new.address;
  return null;
end $$;
create function password_changed() returns trigger
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  delete from app_password where address = new.address and expires_at is not null;
  return null;
end $$;
create trigger changed after update on credential for each row
  when (new.origin = 'self' and new.hash <> old.hash) execute function password_changed();
create function password_gone() returns trigger
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  delete from second_factor where address = old.address;
  return null;
end $$;
create trigger gone after delete on credential for each row execute function password_gone();

-- What opens 993, 465, 4190 and the webmail's sessions for those whom `door` lets in: the password, or with a second
-- factor an app password and nothing else. One row at most for each login and selector.
create view door_key with (security_barrier) as
  select d.login, '' as selector, d.password
    from door d
   where not exists (select from second_factor f where f.address = d.login and f.confirmed_at is not null)
   union all
  select d.login, a.selector, a.hash
    from door d
         join second_factor f on f.address = d.login and f.confirmed_at is not null
         join app_password a on a.address = d.login and (a.expires_at is null or a.expires_at > congvu_now());

-- The person of a session, and their factor if they have one.
create function session_factor(held bytea) returns table (address text, secret bytea, key text, confirmed boolean)
  language sql security definer set search_path = pg_catalog, public, pg_temp as $$
  select p.address, f.secret, f.key, f.confirmed_at is not null
    from person p left join second_factor f on f.address = p.address
   where p.staff_id = session_person(held)
$$;

-- A code that was found right, by its number; false: it was used before, or a later one was.
create function use_code(who text, step bigint) returns boolean
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  update second_factor set last_step = step where address = who and last_step < step;
  return found;
end $$;

create function begin_factor(held bytea, sealed bytea, made_under text) returns boolean
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  who text := (select address from person where staff_id = session_person(held));
begin
  if who is null or exists (select from second_factor where address = who and confirmed_at is not null) then
    return false;
  end if;
  insert into audit_record (actor, verb, subject) values (who, 'factor.begin', who);
  insert into second_factor (address, secret, key) values (who, sealed, made_under)
      on conflict (address) do update set secret = excluded.secret, key = excluded.key, made_at = congvu_now(),
                                          last_step = 0
                                    where second_factor.confirmed_at is null;
  return found;
end $$;

create function confirm_factor(held bytea) returns boolean
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  who text := (select address from person where staff_id = session_person(held));
begin
  insert into audit_record (actor, verb, subject) values (who, 'factor.confirm', who);
  update second_factor set confirmed_at = congvu_now() where address = who and confirmed_at is null;
  if not found then
    return false;
  end if;
  -- Sessions that a password alone has opened end: they could make app passwords without ever showing a code.
  delete from portal_session where address = who and token <> sha256(held);
  return true;
end $$;

create function end_factor(held bytea) returns boolean
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  who text := (select address from person where staff_id = session_person(held));
begin
  insert into audit_record (actor, verb, subject) values (who, 'factor.end', who);
  delete from second_factor where address = who;
  return found;
end $$;

-- For a mail program of the session's person. Says made, or why not: no_session, no_factor, too_many_apps.
create function add_app_password(held bytea, name text, chosen text, told text) returns text
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  who text := (select address from person where staff_id = session_person(held));
begin
  if who is null then
    return 'no_session';
  elsif not exists (select from second_factor where address = who and confirmed_at is not null) then
    return 'no_factor';
  elsif (select count(*) >= 20 from app_password where address = who and expires_at is null) then
    return 'too_many_apps';
  end if;
  insert into audit_record (actor, verb, subject, detail)
  values (who, 'app_password.make', who, jsonb_build_object('label', told));
  insert into app_password (address, selector, hash, label) values (who, name, chosen, told);
  return 'made';
end $$;

-- For one session of the webmail, after the password of this hash and a code. It lasts a working day.
create function add_webmail_password(who text, present text, name text, chosen text) returns boolean
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  if not exists (select from credential c join account a on a.address = c.address
                  where c.address = who and c.hash = present and a.state in ('active', 'due')) then
    return false;
  end if;
  insert into audit_record (actor, verb, subject) values (who, 'webmail.open', who);
  delete from app_password where address = who and expires_at <= congvu_now();
  insert into app_password (address, selector, hash, label, expires_at)
  values (who, name, chosen, 'webmail', congvu_now() + interval '12 hours');
  return true;
end $$;

create function portal_factor(held bytea) returns jsonb
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  who text := (select address from person where staff_id = session_person(held));
begin
  return (
    select jsonb_build_object('confirmed_at', f.confirmed_at, 'apps', (
             select coalesce(jsonb_agg(jsonb_build_object('id', id, 'label', label, 'made_at', made_at) order by id), '[]')
               from app_password a where a.address = p.address and expires_at is null))
      from person p left join second_factor f on f.address = p.address
     where p.address = who);
end $$;

create function portal_revoke(held bytea, which bigint) returns text
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  who text := (select address from person where staff_id = session_person(held));
  gone text := (select label from app_password where id = which and address = who and expires_at is null);
begin
  if who is null then
    return 'no_session';
  elsif gone is not null then
    insert into audit_record (actor, verb, subject, detail)
    values (who, 'app_password.revoke', who, jsonb_build_object('label', gone));
    delete from app_password where id = which;
  end if;
  return 'recorded';
end $$;

revoke all on function key_lost(), password_changed(), password_gone(), session_factor(bytea), use_code(text, bigint), begin_factor(bytea, bytea, text),
                       confirm_factor(bytea), end_factor(bytea), add_app_password(bytea, text, text, text),
                       add_webmail_password(text, text, text, text), portal_factor(bytea), portal_revoke(bytea, bigint)
  from public;
grant execute on function session_factor(bytea), use_code(text, bigint), begin_factor(bytea, bytea, text),
                          confirm_factor(bytea), end_factor(bytea), add_app_password(bytea, text, text, text),
                          add_webmail_password(text, text, text, text) to congvu_password;
grant execute on function portal_factor(bytea), portal_revoke(bytea, bigint) to congvu_portal;
grant select on second_factor to congvu_password;
grant select on door_key to dovecot;
revoke select on door from dovecot;
-- Recovery: an administrator ends the factor of somebody who lost the device, with the record of it.
grant select (address, key, made_at, confirmed_at) on second_factor to congvu_admin;
grant select (id, address, label, made_at, expires_at) on app_password to congvu_admin;
grant delete on second_factor to congvu_admin;
