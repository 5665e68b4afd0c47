-- A connection to port 465 outlives the key that opened it: for each message Postfix asks again whether that key still
-- opens anything. So it has to know which one it was: the mail store tells it a login and, behind a slash, a name of the
-- key. Of a password that is a digest of its hash, which nobody else sees and which says nothing about the password.

create function key_name(who text, selector text, hash text) returns text language sql stable
  set search_path = pg_catalog, public, pg_temp as $$
  select who || '/' || case selector when '' then left(encode(sha256(convert_to(hash, 'UTF8')), 'hex'), 8) else selector end
$$;

create or replace view door_key with (security_barrier) as
  select login, '' as selector, password, submit_only, networks, key_name(login, '', password) as name from password_key
   union all
  select login, selector, password, submit_only, networks, key_name(login, selector, '') from app_key;

-- The names of what opens a login now. For each login by itself, so that no cost grows with the number of people.
create function key_names(who text) returns setof text language sql stable security definer
  set search_path = pg_catalog, public, pg_temp as $$
  select name from door_key where login = who
$$;

grant execute on function key_name(text, text, text) to dovecot, congvu_admin;
grant execute on function key_names(text) to postfix, congvu_admin;
