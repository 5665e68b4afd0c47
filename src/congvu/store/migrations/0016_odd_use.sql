-- Logins that cannot well be one person's: what was found, and who was told. d4.k3.dd.1, d5.s6
-- Nobody is shut out by a row here; no view of the doors reads it.

create table odd_use (
  id       bigint generated always as identity primary key,
  kind     text not null check (kind in ('networks', 'abroad', 'spray', 'sprayed')),
  subject  text not null,                                     -- a login; for spraying the network
  login    text references mailbox on delete cascade,
  key      text not null,
  seen_at  timestamptz not null,
  networks text[] not null,
  accounts int not null,                                      -- how many were tried; which, is not kept
  found_at timestamptz not null default congvu_now(),
  unique (kind, subject, key),
  check (case kind when 'spray' then login is null else login = subject end)
);
create index on odd_use (seen_at);
create trigger audited before insert or update or delete or truncate on odd_use
  for each statement execute function audited();
create trigger kept before update on odd_use for each row execute function kept();

-- How far the journal was read
create table odd_use_watch (
  only_one boolean primary key default true check (only_one),
  until    timestamptz not null
);

create table odd_use_notice (
  finding bigint primary key references odd_use on delete cascade,
  sent_at timestamptz not null default congvu_now()
);

create view odd_use_notice_due with (security_barrier) as
  select o.id as finding, o.kind, a.address, a.full_name, o.seen_at, o.networks, o.accounts
    from odd_use o
         join account a on a.address = o.login and a.kind = 'person' and a.state <> 'closed'
   where not exists (select from odd_use_notice n where n.finding = o.id);

grant select on odd_use, odd_use_watch, odd_use_notice, odd_use_notice_due to congvu_admin;
grant insert (kind, subject, login, key, seen_at, networks, accounts), delete on odd_use to congvu_admin;
grant insert, update on odd_use_watch to congvu_admin;
grant select on odd_use_notice_due to congvu_reminder;
grant insert (finding) on odd_use_notice to congvu_reminder;
