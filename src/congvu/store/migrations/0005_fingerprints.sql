-- A password is one account's, and is not used again (d5.s4, d5.s5). What is kept for that are fingerprints under a key
-- that this database does not hold: ADR 0012 says what they are made of, and what a thief gets. And passwords from an
-- administrator that nobody used end.

-- Somebody else chose this password, hence knows it: until an administrator issues another, it opens nothing at all.
alter table credential add revoked_at timestamptz;

create table password_fingerprint (
  address text not null references mailbox on delete cascade,
  own     bytea not null check (length(own) = 32),            -- comparable within this account only
  shared  bytea unique check (length(shared) = 32),           -- comparable over all; the present password has one
  key     text not null check (key ~ '^[0-9a-f]{16}$'),       -- which key it was made under
  set_at  timestamptz not null default congvu_now(),
  primary key (address, own)
);
create unique index on password_fingerprint (address) where shared is not null;
create trigger audited before insert or update or delete or truncate on password_fingerprint
  for each statement execute function audited();

-- Whose present password has a fingerprint, and under which key. The fingerprints themselves are for no role to read.
create view fingerprinted with (security_barrier) as
  select address, key from password_fingerprint where shared is not null;

-- Whoever replaces a password, by whatever way: the fingerprint was of the former one. And only a new password from an
-- administrator ends a revocation.
create function other_password() returns trigger language plpgsql security definer
  set search_path = pg_catalog, public, pg_temp as $$
begin
  update password_fingerprint set shared = null where address = old.address and shared is not null;
  if tg_op = 'DELETE' then
    return old;
  end if;
  if new.origin in ('issued', 'reset') then
    new.revoked_at := null;
  end if;
  return new;
end $$;

create trigger other_password before update on credential for each row
  when (new.hash <> old.hash) execute function other_password();
create trigger no_password before delete on credential for each row execute function other_password();

create or replace view rule as
  select max((value #>> '{}')::int) filter (where key = 'rotation.due_months') as due_months,
         max((value #>> '{}')::int) filter (where key = 'rotation.expire_months') as expire_months,
         max((value #>> '{}')::int) filter (where key = 'mailbox.quota_mb') as quota_mb,
         max((value #>> '{}')::int) filter (where key = 'password.initial_valid_days') as initial_valid_days,
         max((value #>> '{}')::int) filter (where key = 'password.history') as history
    from policy_value
   where key in ('rotation.due_months', 'rotation.expire_months', 'mailbox.quota_mb', 'password.initial_valid_days',
                 'password.history');

create or replace view account as
  select m.address,
         m.kind,
         m.staff_id,
         coalesce(p.full_name, u.name) as full_name,
         u.code as unit,
         coalesce(p.position, '') as position,
         case
           when m.closed then 'closed'
           when m.kind <> 'person' then 'box'
           when congvu_today() < p.starts or congvu_today() > p.ends then 'suspended'
           when c.revoked_at is not null then 'revoked'
           when c.origin is null then 'initial'
           when c.origin not in ('issued', 'reset') then
             case
               when congvu_today() <= d.expires_on and congvu_today() < d.due_on then 'active'
               when congvu_today() <= d.expires_on then 'due'
               else 'expired'
             end
           when congvu_today() <= d.worthless_after then case c.origin when 'issued' then 'initial' else 'reset' end
           else 'lapsed'
         end as state,
         c.set_at as password_set_at,
         d.due_on,
         d.expires_on,
         coalesce(m.quota_mb, rule.quota_mb) as quota_mb,
         u.name as unit_name
    from mailbox m
         left join person p on p.staff_id = m.staff_id
         join unit u on u.code = coalesce(p.unit, m.unit)
         left join credential c on c.address = m.address
         cross join rule
         cross join lateral (
           select (congvu_day(c.set_at) + make_interval(months => rule.due_months))::date as due_on,
                  (congvu_day(c.set_at) + make_interval(months => rule.expire_months))::date as expires_on,
                  congvu_day(c.set_at) + rule.initial_valid_days as worthless_after
         ) d;

-- Only functions below call these three. One change of passwords at a time: what was compared is what is written, and
-- nobody waits for two accounts in the other order.
create function lock_passwords() returns void language sql
  as $$ select pg_advisory_xact_lock(hashtextextended('congvu.passwords', 0)) $$;

-- These are the present passwords from now on. Of each account so many are kept as the policy says; without its word, all.
create function keep_fingerprints(whose text[], owns bytea[], all_shared bytea[], made_under text) returns void
  language sql set search_path = pg_catalog, public, pg_temp as $$
  insert into password_fingerprint (address, own, shared, key)
  select address, own, shared, made_under from unnest(whose, owns, all_shared) as made (address, own, shared)
      on conflict (address, own) do update set shared = excluded.shared, set_at = excluded.set_at;
  delete from password_fingerprint f
   using (select address, own, row_number() over (partition by address order by set_at desc) as place
            from password_fingerprint where address = any (whose)) ordered, rule
   where f.address = ordered.address and f.own = ordered.own and place > rule.history
$$;

-- Is this the present password of anybody else? Then that one ends.
create function revoke_holder(who text, fingerprint bytea, client text) returns boolean
  language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
  holder text;
begin
  select address into holder from password_fingerprint where shared = fingerprint and address <> who;
  if not found then
    return false;
  end if;
  insert into audit_record (actor, verb, subject, detail)
  values (who, 'password.in_use', who, jsonb_build_object('client', client)),
         (who, 'credential.revoke', holder, jsonb_build_object('reason', 'password.in_use'));
  update credential set revoked_at = congvu_now() where address = holder and revoked_at is null;
  return true;
end $$;

-- The only way for the password service to change a password: that of one open account, from the hash that the person
-- was just checked against, with its record. Says changed, or why not: history, in_use; refused: that hash is no longer
-- the present one, or the account has no door at all.
drop function set_password(text, text, text, text);
create function set_password(who text, present text, chosen text, client text, chosen_own bytea, chosen_shared bytea,
                             made_under text) returns text
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  before text;
begin
  perform lock_passwords();
  perform from credential where address = who and hash = present for update;
  if not found then
    return 'refused';
  end if;
  select state into before from account where address = who;
  if before not in ('active', 'due', 'initial', 'reset', 'expired') then
    return 'refused';
  end if;
  if revoke_holder(who, chosen_shared, client) then
    return 'in_use';
  end if;
  if chosen_own in (select own from password_fingerprint where address = who
                     order by set_at desc limit (select history from rule)) then
    return 'history';
  end if;
  insert into audit_record (actor, verb, subject, detail)
  values (who, 'password.change', who, jsonb_build_object('client', client, 'state', before));
  update credential set hash = chosen, origin = 'self', set_at = congvu_now() where address = who;
  perform keep_fingerprints(array[who], array[chosen_own], array[chosen_shared], made_under);
  return 'changed';
end $$;

-- The right password of an account was seen that came as a hash alone. If it is another's too, both know it: both end.
-- Says recorded, in_use or refused.
create function recognise_password(who text, present text, client text, present_own bytea, present_shared bytea,
                                   made_under text) returns text
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  perform lock_passwords();
  perform from credential where address = who and hash = present for update;
  if not found then
    return 'refused';
  end if;
  if revoke_holder(who, present_shared, client) then
    insert into audit_record (actor, verb, subject, detail)
    values (who, 'credential.revoke', who, jsonb_build_object('reason', 'password.in_use'));
    update credential set revoked_at = congvu_now() where address = who;
    return 'in_use';
  end if;
  insert into audit_record (actor, verb, subject, detail)
  values (who, 'password.recognise', who, jsonb_build_object('client', client));
  perform keep_fingerprints(array[who], array[present_own], array[present_shared], made_under);
  return 'recorded';
end $$;

-- Passwords that an administrator issues in this transaction; about no other can anything be said here.
create function record_issued(whose text[], owns bytea[], all_shared bytea[], made_under text) returns void
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  if exists (select from unnest(whose) as each (address)
              where not exists (select from credential c
                                 where c.address = each.address and origin in ('issued', 'reset')
                                   and set_at = congvu_now())) then
    raise exception 'a fingerprint for a password that is not issued here' using errcode = 'insufficient_privilege';
  end if;
  perform keep_fingerprints(whose, owns, all_shared, made_under);
end $$;

-- Each choice is a guess at everybody's password, whatever is answered: there are few in a day. And what one kind of
-- attempt forgets is no longer what another still counts.
alter table attempt drop constraint attempt_kind_check;
alter table attempt add check (kind in ('enter', 'assess', 'choose'));
create or replace function begin_attempt(what text, who text, via text, per_login int, per_client int, span interval)
  returns interval language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  subject bytea := sha256(convert_to(who, 'UTF8'));
  full_since timestamptz;
begin
  -- Always the login before the client, hence without deadlock.
  perform pg_advisory_xact_lock(hashtextextended('login ' || subject::text, 4));
  perform pg_advisory_xact_lock(hashtextextended('client ' || via, 4)) where via <> '';
  delete from attempt where kind = what and at <= congvu_now() - span;
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

revoke all on function other_password(), lock_passwords(), keep_fingerprints(text[], bytea[], bytea[], text),
                       revoke_holder(text, bytea, text),
                       set_password(text, text, text, text, bytea, bytea, text),
                       recognise_password(text, text, text, bytea, bytea, text),
                       record_issued(text[], bytea[], bytea[], text) from public;
grant execute on function set_password(text, text, text, text, bytea, bytea, text),
                          recognise_password(text, text, text, bytea, bytea, text) to congvu_password;
grant execute on function lock_passwords(), record_issued(text[], bytea[], bytea[], text) to congvu_admin;
grant select on fingerprinted to congvu_password, congvu_admin;
