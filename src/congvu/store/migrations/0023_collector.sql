-- Who takes evidence in: a role that adds events, keeps the place in each host's journal, and reads neither.

alter table event add constraint kind_known check (kind in (
  'login', 'login_refused', 'session_end', 'opened', 'read', 'submitted', 'received', 'delivered', 'relayed',
  'deferred', 'bounced', 'virus', 'spam', 'rejected', 'limited', 'act', 'gap'));
create index on event (taken_at);
create index on event ((detail ->> 'queue_id')) where detail ? 'queue_id';
create index on event ((detail ->> 'session')) where detail ? 'session';

create table event_cursor (
  host           text primary key,
  cursor         text not null,                               -- of the last entry that was taken in, or passed over
  read_until     timestamptz not null,                        -- its moment
  caught_up      timestamptz not null default congvu_now(),   -- when there last was nothing left to read
  reconciled     timestamptz not null default congvu_now(),   -- up to here two sources were compared
  not_understood bigint not null default 0                    -- so many entries had the form of an event, and were none
);

-- Whoever reads the evidence by hand is on record: the server's log is evidence, too. Once for each statement.
create function evidence_is_read() returns boolean
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if session_user = 'congvu_admin' then
    raise log 'the evidence was read';
  end if;
  return true;
end $$;
alter table event enable row level security;
create policy read on event for select using ((select evidence_is_read()));
create policy taken_in on event for insert to congvu_collector with check (true);

-- Which of these the evidence does not have, though they were seen elsewhere: queue ids of messages, sessions.
create function events_missing(of_what text, seen text[], since timestamptz) returns setof text
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  if of_what = 'queue_id' then
    return query select s from unnest(seen) s
     where not exists (select from event e where e.detail ? 'queue_id' and e.detail ->> 'queue_id' = s
                          and e.happened_at >= since and e.kind in ('submitted', 'received', 'spam'));
  elsif of_what = 'outcome' then
    return query select s from unnest(seen) s
     where not exists (select from event e where e.detail ? 'queue_id' and e.detail ->> 'queue_id' = s
                          and e.happened_at >= since and e.kind in ('delivered', 'relayed', 'bounced', 'deferred'));
  else
    return query select s from unnest(seen) s
     where not exists (select from event e where e.detail ? 'session' and e.detail ->> 'session' = s
                          and e.happened_at >= since and e.kind = 'login');
  end if;
end $$;

-- What somebody did at their own mailbox is forgotten soon, the rest when the policy says; whole days, by when it was
-- taken in, as they are sealed. How many there were stays on record.
create function expire_events() returns bigint
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  conduct date := congvu_today() - (select (value #>> '{}')::int from policy_value where key = 'retention.conduct_days');
  security date := congvu_today()
    - make_interval(months => (select (value #>> '{}')::int from policy_value where key = 'retention.log_months'));
  forgotten bigint;
begin
  delete from event
   where taken_at < (conduct::timestamp at time zone 'Asia/Ho_Chi_Minh')
     and kind in ('opened', 'read') and mailbox = login
      or taken_at < (security::timestamp at time zone 'Asia/Ho_Chi_Minh');
  get diagnostics forgotten = row_count;
  if forgotten > 0 then
    insert into audit_record (actor, verb, subject, detail)
    values ('congvu collect', 'event.expire', '', jsonb_build_object('count', forgotten,
            'conduct_before', conduct, 'security_before', security));
  end if;
  return forgotten;
end $$;

-- From where the session's person came in during the last 30 days, and who tried to: by door and network address, newest
-- first. Their own only.
create function portal_logins(held bytea) returns jsonb
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  who text := session_person(held);
  own text := (select address from person where staff_id = who);
begin
  if own is null then
    return null;
  end if;
  return (
    select coalesce(jsonb_agg(shown order by last desc), '[]')
      from (select kind = 'login' as admitted, door, peer, max(happened_at) as last, count(*) as times
              from event
             where login = own and kind in ('login', 'login_refused')
               and happened_at > congvu_now() - interval '30 days'
             group by kind, door, peer
             order by last desc
             limit 50) shown);
end $$;

do $$
begin
  execute format('grant connect on database %I to congvu_collector', current_database());
end $$;
grant usage on schema public to congvu_collector;
grant insert (happened_at, host, kind, door, login, mailbox, peer, detail) on event to congvu_collector;
grant select, insert, update on event_cursor to congvu_collector;
grant select on hosted_domain to congvu_collector;
grant select on event_cursor to congvu_admin;
grant execute on function congvu_now(), congvu_day(timestamptz), congvu_today(),
  events_missing(text, text[], timestamptz), expire_events() to congvu_collector;
grant execute on function evidence_is_read() to congvu_admin;
grant execute on function portal_logins(bytea) to congvu_portal;
