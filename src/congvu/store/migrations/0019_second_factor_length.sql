-- A shorter password may do beside a second factor, and beside nothing else.

-- What is too short without the factor. Only the person's own choice can be: nobody issues such passwords.
alter table credential add needs_factor boolean not null default false;

create or replace function other_password() returns trigger language plpgsql security definer
  set search_path = pg_catalog, public, pg_temp as $$
begin
  update password_fingerprint set shared = null where address = old.address and shared is not null;
  if tg_op = 'DELETE' then
    return old;
  end if;
  if new.origin in ('issued', 'reset') then
    new.revoked_at := null;
  end if;
  new.needs_factor := new.origin = 'self' and new.needs_factor;
  return new;
end $$;

-- As before, with what the service has measured. Refused, too: it is too short, and the factor has just ended.
drop function set_password(text, text, text, text, bytea, bytea, text);
create function set_password(who text, present text, chosen text, client text, chosen_own bytea, chosen_shared bytea,
                             made_under text, too_short_alone boolean) returns text
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
  if too_short_alone then
    perform from second_factor where address = who and confirmed_at is not null for update;
    if not found then
      return 'refused';
    end if;
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
  update credential set hash = chosen, origin = 'self', set_at = congvu_now(), needs_factor = too_short_alone
   where address = who;
  perform keep_fingerprints(array[who], array[chosen_own], array[chosen_shared], made_under);
  return 'changed';
end $$;

-- When the factor ends, whoever ends it, such a password opens nothing but its own change, and that not for long.
create function too_short_now() returns trigger language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  update credential set origin = 'reset', set_at = congvu_now() where address = old.address and needs_factor;
  return null;
end $$;
create trigger too_short_now after delete on second_factor for each row
  when (old.confirmed_at is not null) execute function too_short_now();

revoke all on function too_short_now(), set_password(text, text, text, text, bytea, bytea, text, boolean) from public;
grant execute on function set_password(text, text, text, text, bytea, bytea, text, boolean) to congvu_password;
