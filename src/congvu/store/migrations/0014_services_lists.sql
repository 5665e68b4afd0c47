-- What has an address and is no mailbox: accounts of devices and applications, and mailing lists.

-- Accounts of devices and applications: they send from one address, and are nobody's mailbox. d5.s7
-- Each has somebody who answers for it and a last day; without either it opens nothing, whether anything runs or not.

alter table address drop constraint address_use_check,
  add check (use in ('person', 'unit', 'office', 'alias', 'list', 'service', 'retired'));

create table service (
  address    text primary key,
  name       text not null check (name <> '' and name is nfc normalized),
  owner      text not null references person,
  ends       date not null,
  networks   cidr[] not null default '{}',                    -- from where it may log in; none: from anywhere
  closed     boolean not null default false,
  -- made here, never chosen: no age and no first change
  hash       text check (hash ~ '^\$argon2id\$v=19\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$'),
  set_at     timestamptz,
  revoked_at timestamptz,
  use        text not null generated always as ('service') stored,
  check ((hash is null) = (set_at is null) and (revoked_at is null or hash is not null)),
  check (not closed or hash is null),
  foreign key (address, use) references address (address, use)
);
create index on service (owner);
create trigger audited before insert or update or delete or truncate on service
  for each statement execute function audited();
create trigger kept before delete on service for each row execute function kept();
create trigger kept_address before update on service for each row
  when (new.address <> old.address) execute function kept();

-- As an account of a person: its state on this day, and who is asked about it.
create view service_account as
  select s.address, s.name, s.owner, p.full_name as owner_name, u.name as owner_unit, p.address as owner_address,
         s.ends, s.networks, s.set_at,
         case
           when s.closed then 'closed'
           when congvu_today() > s.ends or m.closed or congvu_today() < p.starts or congvu_today() > p.ends
             then 'suspended'
           when s.revoked_at is not null then 'revoked'
           when s.hash is null then 'initial'
           else 'active'
         end as state
    from service s
         join person p on p.staff_id = s.owner
         join unit u on u.code = p.unit
         join mailbox m on m.address = p.address;

-- THE ONE VIEW, with what a service may: submit_only says that mail may be handed in, and no mailbox be opened.
-- networks as Dovecot reads them; null: from anywhere. Each part has a barrier of its own: PostgreSQL takes a union apart,
-- and would let a caller's own function see the rows that the parts hide.
create view person_door with (security_barrier) as
  select a.address as login,
         case when c.hash like '$6$%' then '{SHA512-CRYPT}' || c.hash else c.hash end as password,
         a.quota_mb,
         a.staff_id
    from account a
         join credential c on c.address = a.address
   where a.state in ('active', 'due');

create view service_door with (security_barrier) as
  select a.address as login, s.hash as password, nullif(array_to_string(a.networks, ','), '') as networks
    from service_account a join service s on s.address = a.address
   where a.state = 'active';

create or replace view door with (security_barrier) as
  select login, password, quota_mb, staff_id, false as submit_only, null::text as networks from person_door
   union all
  select login, password, null, null, true, networks from service_door;

-- The same for the keys. A service has no second factor.
create view password_key with (security_barrier) as
  select d.login, d.password, d.submit_only, d.networks
    from door d
   where not exists (select from second_factor f where f.address = d.login and f.confirmed_at is not null);

create view app_key with (security_barrier) as
  select d.login, a.selector, a.hash as password, d.submit_only, d.networks
    from door d
         join second_factor f on f.address = d.login and f.confirmed_at is not null
         join app_password a on a.address = d.login and (a.expires_at is null or a.expires_at > congvu_now());

create or replace view door_key with (security_barrier) as
  select login, '' as selector, password, submit_only, networks from password_key
   union all
  select login, selector, password, submit_only, networks from app_key;

-- What comes back to a service, a bounce or an answer, goes to whoever answers for it.
create view service_mail with (security_barrier) as
  select a.address, a.owner_address as target
    from service_account a join delivery d on d.address = a.owner_address
   where a.state <> 'closed';

-- A service's password, too, is one account's: its fingerprint lies with the others.
alter table password_fingerprint drop constraint password_fingerprint_address_fkey,
  add foreign key (address) references address;

create function no_fingerprint() returns trigger language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  delete from password_fingerprint where address = old.address;
  return old;
end $$;
create trigger no_fingerprint before delete on mailbox for each row execute function no_fingerprint();

-- As with people: a new password ends a revocation, and nothing else does.
create function other_service_password() returns trigger language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  update password_fingerprint set shared = null where address = old.address and shared is not null;
  new.revoked_at := null;
  return new;
end $$;
create trigger other_password before update on service for each row
  when (new.hash is distinct from old.hash) execute function other_service_password();

create or replace function revoke_holder(who text, fingerprint bytea, client text) returns boolean
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
  update service set revoked_at = congvu_now() where address = holder and revoked_at is null;
  return true;
end $$;

create or replace function record_issued(whose text[], owns bytea[], all_shared bytea[], made_under text) returns void
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  if exists (select from unnest(whose) as each (address)
              where not exists (select from credential c
                                 where c.address = each.address and origin in ('issued', 'reset')
                                   and set_at = congvu_now())
                and not exists (select from service s where s.address = each.address and set_at = congvu_now())) then
    raise exception 'a fingerprint for a password that is not issued here' using errcode = 'insufficient_privilege';
  end if;
  perform keep_fingerprints(whose, owns, all_shared, made_under);
end $$;

revoke all on function no_fingerprint(), other_service_password() from public;
grant select on service, service_account, service_mail to congvu_admin;
grant select on service_mail to postfix;
grant insert (address, name, owner, ends, networks, closed) on service to congvu_admin;
grant update (name, owner, ends, networks, closed, hash, set_at) on service to congvu_admin;

-- Mailing lists -------------------------------------------------------------------------------------------------

-- Words of the organisation file: members `all`, codes of units, staff ids; post `members`, addresses of boxes, staff ids.
create table mailing_list (
  address   text primary key,
  name      text not null check (name <> '' and name is nfc normalized),
  members   text[] not null,
  post      text[] not null,
  moderator text not null check (moderator <> ''),            -- the address of a box, or a staff id
  closed    boolean not null default false,
  use       text not null generated always as ('list') stored,
  foreign key (address, use) references address (address, use)
);
create trigger audited before insert or update or delete or truncate on mailing_list
  for each statement execute function audited();
create trigger kept before delete on mailing_list for each row execute function kept();
create trigger kept_address before update on mailing_list for each row
  when (new.address <> old.address) execute function kept();

create view list_open with (security_barrier) as select address, name from mailing_list where not closed;

-- Who gets what is sent to a list: who serves today, nobody else.
create view list_member with (security_barrier) as
  select l.address as list, p.address, p.staff_id
    from mailing_list l
         join person p on 'all' = any (l.members) or p.unit = any (l.members) or p.staff_id = any (l.members)
         join mailbox m on m.address = p.address and not m.closed
   where not l.closed and congvu_today() between p.starts and coalesce(p.ends, 'infinity');

-- Who decides about what others send: a box, or somebody who serves; else the box of that person's unit, or an office's.
create view list_moderator with (security_barrier) as
  select l.address as list, coalesce(b.address, p.address, instead.address) as address
    from mailing_list l
         left join box_name b on b.address = l.moderator
         left join person p on p.staff_id = l.moderator and exists (
           select from mailbox m where m.address = p.address and not m.closed)
           and congvu_today() between p.starts and coalesce(p.ends, 'infinity')
         left join person was on was.staff_id = l.moderator
         left join lateral (
           select n.address
             from box_name n left join unit u on u.box = n.address and u.code = was.unit
            where u.code is not null or n.kind = 'office'
            order by u.code nulls last, n.address
            limit 1
         ) instead on true
   where not l.closed;

-- As which sender somebody may post; for aliases see list_accepts. Who works in a box speaks for it.
create view list_sender with (security_barrier) as
  select list, address from list_moderator
   union
  select m.list, m.address
    from list_member m join mailing_list l on l.address = m.list and 'members' = any (l.post)
   union
  select l.address, b.address from mailing_list l join box_name b on b.address = any (l.post || l.moderator)
   union
  select l.address, p.address
    from mailing_list l
         join held_role r on r.box = any (l.post || l.moderator) and r.role <> 'member'
         join person p on p.staff_id = r.staff_id
   union
  select l.address, p.address from mailing_list l join person p on p.staff_id = any (l.post);

-- Whether the envelope's sender may post to a list. That the sender is who it says, the doors have seen to.
create function list_accepts(which text, sender text) returns boolean
  language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select exists (select from list_sender s
                  where s.list = which
                    and s.address = coalesce((select target from alias where address = sender), sender))
$$;

revoke all on function list_accepts(text, text) from public;
do $$
begin
  execute format('grant connect on database %I to congvu_list', current_database());
end $$;
grant usage on schema public to congvu_list;
grant execute on function congvu_now(), congvu_day(timestamptz), congvu_today(), list_accepts(text, text) to congvu_list;
grant select on list_open, list_member, list_moderator to congvu_list;
grant select on list_open to postfix;
grant select on mailing_list, list_open, list_member, list_moderator, list_sender to congvu_admin;
grant insert (address, name, members, post, moderator, closed) on mailing_list to congvu_admin;
grant update (name, members, post, moderator, closed) on mailing_list to congvu_admin;
