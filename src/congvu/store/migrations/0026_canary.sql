-- The mail that the system sends to itself, inside and by way of the outside, to see that mail arrives. d2.k2.2

-- Its address is one of the directory's, so that nobody else ever gets it. It is no account: it has no password, no role
-- and no owner, and opens no door. The store keeps what comes for it until it was counted.
alter table address drop constraint address_use_check,
  add check (use in ('person', 'unit', 'office', 'alias', 'list', 'service', 'canary', 'retired'));

create table canary (
  address text primary key,
  closed  boolean not null default false,                     -- another one has taken its place
  use     text not null generated always as ('canary') stored,
  foreign key (address, use) references address (address, use)
);
create unique index on canary ((true)) where not closed;
create trigger audited before insert or update or delete or truncate on canary
  for each statement execute function audited();
create trigger kept before delete on canary for each row execute function kept();

create view canary_box with (security_barrier) as
  select address, 10 as quota_mb from canary where not closed;

create view mailbox_delivery with (security_barrier) as
  select m.address, coalesce(m.quota_mb, rule.quota_mb) as quota_mb
    from mailbox m cross join rule
   where not m.closed;

create or replace view delivery with (security_barrier) as
  select address, quota_mb from mailbox_delivery
   union all
  select address, quota_mb from canary_box;

-- One row for each message; `way`: inside, or outside and back. Not back after some hours, it counts as lost.
create table canary_run (
  token      text primary key check (token ~ '^[0-9a-f]{32}$'),
  way        text not null check (way in ('inside', 'outside')),
  sent_at    timestamptz not null default congvu_now(),
  arrived_at timestamptz
);
create index on canary_run (sent_at);

do $$ begin
  execute format('grant connect on database %I to congvu_canary', current_database());
end $$;
grant usage on schema public to congvu_canary;
grant execute on function congvu_now() to congvu_canary;
grant select on canary_box to congvu_admin, congvu_canary;
grant select, insert (token, way), update (arrived_at), delete on canary_run to congvu_canary;
grant select, insert, update (closed) on canary to congvu_admin;
grant select on canary_run to congvu_admin;
