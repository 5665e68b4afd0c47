-- Somebody reads another person's mailbox: by a ticket, approved by a second person, until a moment. d3.k3.2

-- Rows are never taken back or made longer; what was wrong is ended, and another ticket opens anew.
create table break_glass (
  id        bigint generated always as identity primary key,
  ticket    text not null check (ticket ~ '\S' and ticket !~ '[[:cntrl:]]'),
  owner     text not null references person,
  reader    text not null references person check (reader <> owner),
  approver  text not null references person check (approver not in (owner, reader)),
  reason    text not null check (reason ~ '\S' and reason !~ '[[:cntrl:]]'),
  opened_at timestamptz not null default congvu_now(),
  ends_at   timestamptz not null check (ends_at > opened_at),
  ended_at  timestamptz,                                      -- written down once it is over, or before its time
  ended_by  text not null default '',
  check ((ended_at is null) = (ended_by = '')),
  unique (ticket, owner, reader)
);
create trigger audited before insert or update or delete or truncate on break_glass
  for each statement execute function audited();
create trigger kept before delete on break_glass for each row execute function kept();
create trigger kept_whole before truncate on break_glass for each statement execute function kept();
create trigger kept_act before update on break_glass for each row
  when (old.ended_at is not null or
        (new.ticket, new.owner, new.reader, new.approver, new.reason, new.opened_at, new.ends_at)
        is distinct from
        (old.ticket, old.owner, old.reader, old.approver, old.reason, old.opened_at, old.ends_at))
  execute function kept();

-- Without the policy's word on how long, none opens.
create function not_for_long() returns trigger language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  most interval := (select make_interval(hours => (value #>> '{}')::int) from policy_value
                     where key = 'break_glass.max_hours');
begin
  if most is null or new.ends_at > congvu_now() + most or new.opened_at <> congvu_now() or new.ended_at is not null then
    raise exception 'access to the mailbox of % begins now and ends within break_glass.max_hours', new.owner
      using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;
create trigger not_for_long before insert on break_glass for each row execute function not_for_long();

-- The moment decides, whatever runs or does not.
create view break_glass_open with (security_barrier) as
  select b.id, b.reader, p.address as box
    from break_glass b
         join person p on p.staff_id = b.owner
         join mailbox m on m.address = p.address and not m.closed
   where b.ended_at is null and b.ends_at > congvu_now();

create or replace view box_group with (security_barrier) as
  select login, box || ':' || role as name from box_member
   union
  select d.login, o.box || ':reader' from break_glass_open o join door d on d.staff_id = o.reader;

create or replace view box_share with (security_barrier) as
  select 'group' as kind, m.address || ':' || each.role as name, m.address as box, '1' as shown
    from mailbox m cross join unnest(array['head', 'clerk', 'deputy', 'member']) each(role)
   where m.kind <> 'person' and not m.closed
   union
  select 'group', box || ':reader', box, '1' from break_glass_open;

-- Which personal mailboxes were ever opened, and which are: rights are written into these, and taken out of those.
create view break_glass_box as
  select p.address as box, bool_or(o.id is not null) as open
    from break_glass b
         join person p on p.staff_id = b.owner
         left join break_glass_open o on o.id = b.id
   group by p.address;

create function access_lost() returns trigger language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  perform end_sessions(old.reader);
  return null;
end $$;
create trigger ended after update on break_glass for each row
  when (new.ended_at is not null and old.ended_at is null) execute function access_lost();

-- Write down what is over already; whose sessions end is noted there (trigger ended).
create function settle_break_glass(who text) returns int
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  over_ record;
  count int := 0;
begin
  for over_ in select b.id, b.ticket, b.reader, p.address from break_glass b join person p on p.staff_id = b.owner
                where b.ended_at is null and b.ends_at <= congvu_now() order by b.id loop
    insert into audit_record (actor, verb, subject, detail)
    values (who, 'break_glass.end', over_.address,
            jsonb_build_object('ticket', over_.ticket, 'reader', over_.reader, 'by', 'its end time'));
    update break_glass set ended_at = ends_at, ended_by = who where id = over_.id;
    count := count + 1;
  end loop;
  return count;
end $$;

-- The owner is told twice, each time once.
create table break_glass_notice (
  access  bigint not null references break_glass,
  step    text not null check (step in ('opened', 'ended')),
  sent_at timestamptz not null default congvu_now(),
  primary key (access, step)
);
create trigger kept before update or delete on break_glass_notice for each row execute function kept();
create trigger kept_whole before truncate on break_glass_notice for each statement execute function kept();

create view break_glass_notice_due with (security_barrier) as
  select b.id as access, s.step, o.address, o.full_name,
         r.full_name as reader, r.position as reader_position, r.unit_name as reader_unit,
         a.full_name as approver, a.position as approver_position, a.unit_name as approver_unit,
         b.ticket, b.reason, b.opened_at, b.ends_at, b.ended_at
    from break_glass b
         cross join (values ('opened'), ('ended')) as s (step)
         join account o on o.staff_id = b.owner and o.state <> 'closed'
         join account r on r.staff_id = b.reader
         join account a on a.staff_id = b.approver
   where (s.step = 'opened' or b.ended_at is not null)
     and not exists (select from break_glass_notice n where n.access = b.id and n.step = s.step);

revoke all on function not_for_long(), access_lost(), settle_break_glass(text) from public;
grant execute on function settle_break_glass(text) to congvu_admin;
grant select on break_glass, break_glass_open, break_glass_box, break_glass_notice, break_glass_notice_due to congvu_admin;
grant insert (ticket, owner, reader, approver, reason, ends_at), update (ended_at, ended_by) on break_glass
   to congvu_admin;
grant select on break_glass_notice_due to congvu_reminder;
grant insert (access, step) on break_glass_notice to congvu_reminder;
