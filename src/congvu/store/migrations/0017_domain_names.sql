-- Further names of a domain: the province was merged, the department was renamed. Addresses are keys and stay what they
-- are, in their home domain; a name is another spelling of all of them at once. ADR 0021

create table domain_name (
  name     text primary key check (name = lower(name) and name ~ '^[a-z0-9-]+(\.[a-z0-9-]+)+$'),
  home     text not null references domain,
  cut_over date,                                              -- from then on it is the sender's; null: it only receives
  unique (home, cut_over) deferrable initially deferred
);
create trigger audited before insert or update or delete or truncate on domain_name
  for each statement execute function audited();
create trigger kept_whole before truncate on domain_name for each statement execute function kept();

-- No address is given twice (d3.k5), over all spellings: what is another domain's name has no addresses of its own.
create function one_meaning() returns trigger language plpgsql security definer
  set search_path = pg_catalog, public, pg_temp as $$
begin
  if exists (select from domain_name join domain using (name) where name = new.name) then
    raise exception '% is a domain with addresses of its own, and another name of one', new.name
      using errcode = 'integrity_constraint_violation';
  end if;
  return null;
end $$;
create trigger one_meaning after insert or update on domain for each row execute function one_meaning();
create trigger one_meaning after insert or update on domain_name for each row execute function one_meaning();

-- People have sent under it: others answer to it, for years.
create function kept_cut_over() returns trigger language plpgsql as $$
begin
  if old.cut_over <= congvu_today() and (tg_op = 'DELETE' or new is distinct from old) then
    raise exception 'people send under % since %', old.name, old.cut_over using errcode = 'integrity_constraint_violation';
  end if;
  return case tg_op when 'DELETE' then old else new end;
end $$;
create trigger kept_cut_over before update or delete on domain_name for each row execute function kept_cut_over();

-- Spellings and keys. Each begins with one address and looks up its domain: no cost grows with the number of people.

-- The key that is meant, by whatever spelling; what is not ours comes back as it is.
create function home_address(written text) returns text language sql stable security definer
  set search_path = pg_catalog, public, pg_temp as $$
  select coalesce((select split_part(written, '@', 1) || '@' || home
                     from domain_name where name = split_part(written, '@', 2)), written)
$$;

-- The spelling in force today, that of the last cut-over.
create function present_address(key text) returns text language sql stable security definer
  set search_path = pg_catalog, public, pg_temp as $$
  select coalesce((select split_part(key, '@', 1) || '@' || name
                     from domain_name where home = split_part(key, '@', 2) and cut_over <= congvu_today()
                    order by cut_over desc limit 1), key)
$$;

-- The spellings of a key under which may be sent today: the present one, and those whose turn is still to come.
create function sending_addresses(key text) returns setof text language sql stable security definer
  set search_path = pg_catalog, public, pg_temp as $$
  select present_address(key)
   union all
  select split_part(key, '@', 1) || '@' || name
    from domain_name where home = split_part(key, '@', 2) and cut_over > congvu_today()
$$;

-- The key as which a spelling may be sent today; null: it may not.
create function sending_key(written text) returns text language sql stable security definer
  set search_path = pg_catalog, public, pg_temp as $$
  select key from home_address(written) key where written in (select sending_addresses(key))
$$;

create or replace view hosted_domain as
  select name as domain from domain
   union all
  select name from domain_name;

create or replace view box_identity with (security_barrier) as
  select r.login, present_address(b.address) as address, b.kind, b.unit
    from reach r join box_name b on b.address = r.address;

-- Whoever may post to a list may do so under every spelling that the doors let through.
create or replace function list_accepts(which text, sender text) returns boolean
  language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select exists (select from home_address(sender) key
                   join list_sender s on s.address = coalesce((select target from alias where address = key), key)
                  where s.list = which)
$$;

grant execute on function home_address(text), present_address(text)
   to congvu_admin, congvu_password, congvu_webmail, dovecot, postfix;
grant execute on function sending_addresses(text), sending_key(text) to congvu_admin, postfix;
revoke all on function one_meaning(), kept_cut_over() from public;
grant select, insert, delete, update (cut_over) on domain_name to congvu_admin;
