-- The directory: units, people, addresses, mailboxes, roles in boxes, credentials, and the record of every change.
-- What the regulation demands stands here as constraints, so that no tool can go round it:
--   d3.k5     an address exists once, over everything that has one, and is never given to anyone else
--   d4.k2.a.2 each unit has its own mailbox             d4.k3.a.1 each person has one mailbox of their own
--   d4.k3.dd  a unit's or office's mailbox has no password of its own

-- Time ------------------------------------------------------------------------------------------------------------

-- The only clock of this database. A test replaces it as the owner; nobody else can.
create function congvu_now() returns timestamptz language sql stable as 'select now()';

-- The regulation counts in days and calendar months of Viet Nam, wherever the server stands.
create function congvu_day(moment timestamptz) returns date language sql immutable strict
  as $$ select (moment at time zone 'Asia/Ho_Chi_Minh')::date $$;

create function congvu_today() returns date language sql stable as 'select congvu_day(congvu_now())';

-- Record of changes -----------------------------------------------------------------------------------------------

create table audit_record (
  id      bigint generated always as identity primary key,
  at      timestamptz not null default congvu_now(),
  actor   text not null check (actor <> ''),
  verb    text not null check (verb <> ''),
  subject text not null,
  detail  jsonb not null default '{}',
  role    text not null default session_user,                 -- the database's own word on who it was
  xact    xid8 not null default pg_current_xact_id()
);
create index on audit_record (xact);
create index on audit_record (subject, at);

-- What a bulk change did, line by line. It names people, so it may expire before the record that holds its digest.
create table audit_diff (
  record bigint primary key references audit_record,
  body   text not null
);

-- The values of the resolved policy that is in force, and which policy was in force since when.
create table policy_value (
  key   text primary key,
  value jsonb not null
);
create table policy_version (
  since   timestamptz primary key default congvu_now(),
  version text not null,
  sha256  text not null check (sha256 ~ '^[0-9a-f]{64}$')
);

-- Addresses -------------------------------------------------------------------------------------------------------

create table domain (
  name text primary key check (name = lower(name) and name ~ '^[a-z0-9-]+(\.[a-z0-9-]+)+$')
);

-- One row for everything that ever was an address here. Canonical form: lower case, ASCII, no "+tag", so that no
-- look-alike can stand beside it. Rows are never deleted; `retired` is the tombstone that remembers no owner.
create table address (
  address text primary key
          check (address ~ '^[a-z0-9]+([._-][a-z0-9]+)*@[a-z0-9.-]+$' and position('@' in address) <= 65),
  use     text not null check (use in ('person', 'unit', 'office', 'alias', 'list', 'retired')),
  domain  text not null generated always as (split_part(address, '@', 2)) stored references domain,
  unique (address, use)
);

-- Units, people and their mailboxes. Each side names the other; the circle closes at the end of the transaction.

create table unit (
  code   text primary key check (code ~ '^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$'),
  name   text not null check (name <> '' and name is nfc normalized),
  box    text not null unique,
  closed boolean not null default false,
  use    text not null generated always as ('unit') stored
);

create table person (
  staff_id  text primary key check (staff_id ~ '^[A-Za-z0-9][A-Za-z0-9._/-]{0,31}$'),
  full_name text not null check (full_name <> '' and full_name is nfc normalized),
  kind      text not null,
  unit      text not null references unit,
  position  text not null default '',
  starts    date not null,
  ends      date check (ends >= starts),
  address   text not null unique
);
create unique index on person (lower(staff_id));
create index on person (unit);

create table mailbox (
  address  text primary key,
  kind     text not null check (kind in ('person', 'unit', 'office')),
  staff_id text unique references person deferrable initially deferred,
  unit     text references unit deferrable initially deferred,
  quota_mb int check (quota_mb > 0),                          -- null: the policy's mailbox.quota_mb
  closed   boolean not null default false,
  check ((kind = 'person') = (staff_id is not null)),
  check ((kind = 'person') = (unit is null)),
  foreign key (address, kind) references address (address, use),
  unique (address, kind),
  unique (address, staff_id),
  unique (address, unit, kind)
);
create unique index on mailbox (unit) where kind = 'unit';

alter table person add foreign key (address, staff_id)
  references mailbox (address, staff_id) deferrable initially deferred;
alter table unit add foreign key (box, code, use)
  references mailbox (address, unit, kind) deferrable initially deferred;

-- Aliases. `duty`: the address of a duty (postmaster, giamdoc), which passes from one person to the next.
create table forwarding (
  address text primary key,
  target  text not null references mailbox,
  duty    boolean not null default false,
  closed  boolean not null default false,
  use     text not null generated always as ('alias') stored,
  foreign key (address, use) references address (address, use)
);
create index on forwarding (target);

-- Who holds which role in the mailbox of a unit or office. Never in a person's: nobody shares those.
create table box_role (
  box      text not null,
  kind     text not null check (kind in ('unit', 'office')),
  staff_id text not null references person,
  role     text not null check (role in ('head', 'clerk', 'deputy', 'member')),
  primary key (box, staff_id),
  foreign key (box, kind) references mailbox (address, kind)
);
create index on box_role (staff_id);

-- Credentials -----------------------------------------------------------------------------------------------------

-- Only a person's mailbox has one. `issued` and `reset` come from an administrator and must be changed first.
create table credential (
  address text primary key,
  hash    text not null
          check (hash ~ '^\$argon2id\$v=19\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$'
                 or hash ~ '^\$6\$(rounds=\d+\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{86}$'),
  origin  text not null check (origin in ('self', 'issued', 'reset', 'imported')),
  set_at  timestamptz not null default congvu_now(),
  kind    text not null generated always as ('person') stored,
  foreign key (address, kind) references mailbox (address, kind)
);

-- Observations of controls ----------------------------------------------------------------------------------------

create table observation (
  control       text not null,
  host          text not null,
  observed_at   timestamptz not null,
  body          jsonb not null,
  policy_sha256 text not null,
  primary key (control, host, observed_at)
);
create index on observation (observed_at);

-- Guards ----------------------------------------------------------------------------------------------------------

-- A change without its record cannot happen: the record comes first, in the same transaction.
create function audited() returns trigger language plpgsql security definer
  set search_path = pg_catalog, public, pg_temp as $$
begin
  if not exists (select from audit_record where xact = pg_current_xact_id()) then
    raise exception '% of % without an audit record in the same transaction', lower(tg_op), tg_table_name
      using errcode = 'integrity_constraint_violation';
  end if;
  return null;
end $$;

create function kept() returns trigger language plpgsql as $$
begin
  raise exception 'rows of % are kept as they are', tg_table_name
    using errcode = 'integrity_constraint_violation';
end $$;

-- An alias that leads to a person leads to that person for ever, unless it is the address of a duty. One that leads
-- to a unit may move to another unit.
create function same_holder() returns trigger language plpgsql as $$
begin
  if exists (select from mailbox where address in (old.target, new.target) and kind = 'person') then
    raise exception '% is never given to anyone else', old.address
      using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;

do $$
declare
  name text;
begin
  foreach name in array array['domain', 'address', 'unit', 'person', 'mailbox', 'forwarding', 'box_role',
                              'credential', 'policy_value'] loop
    execute format('create trigger audited before insert or update or delete or truncate on %I
                    for each statement execute function audited()', name);
  end loop;
end $$;

create trigger kept before delete or update on audit_record for each row execute function kept();
create trigger kept_whole before truncate on audit_record for each statement execute function kept();
create trigger kept before delete on address for each row execute function kept();
create trigger kept_name before update on address for each row
  when (new.address <> old.address or new.use <> 'retired') execute function kept();
create trigger kept_whole before truncate on address for each statement execute function kept();
create trigger kept_address before update on person for each row
  when (new.address <> old.address or new.staff_id <> old.staff_id) execute function kept();
create trigger kept_holder before update on mailbox for each row
  when ((new.address, new.kind, new.staff_id) is distinct from (old.address, old.kind, old.staff_id))
  execute function kept();
create trigger same_holder before update on forwarding for each row
  when (new.target <> old.target and not old.duty) execute function same_holder();
