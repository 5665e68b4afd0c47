-- A unit's or office's mailbox passes from one head to the next, by a decision and from a day. d4.k2.c

-- Rows are never taken back: what was wrong is followed by another decision.
create table handover (
  id              bigint generated always as identity primary key,
  box             text not null,
  kind            text not null check (kind in ('unit', 'office')),
  decision        text not null check (decision <> ''),
  decided_on      date not null,
  effective_on    date not null check (effective_on >= decided_on),
  giver           text references person,                     -- null: there was no head
  receiver        text not null references person check (receiver <> giver),
  acting          boolean not null default false,             -- in charge, not appointed
  absent          text not null default '',                   -- why the giver cannot hand over in person
  inventory       jsonb not null,                             -- of the box, at the time of the act
  made_at         timestamptz not null default congvu_now(),
  settled_at      timestamptz,                                -- box_role says the same
  acknowledged_at timestamptz,
  acknowledged_by text not null default '',                   -- who said so for the receiver
  check ((acknowledged_at is null) = (acknowledged_by = '')),
  foreign key (box, kind) references mailbox (address, kind),
  unique (box, decision)
);
create trigger audited before insert or update or delete or truncate on handover
  for each statement execute function audited();
create trigger kept before delete on handover for each row execute function kept();
create trigger kept_whole before truncate on handover for each statement execute function kept();
create trigger kept_act before update on handover for each row
  when ((new.box, new.decision, new.decided_on, new.effective_on, new.giver, new.receiver, new.acting, new.absent,
         new.inventory, new.made_at)
        is distinct from
        (old.box, old.decision, old.decided_on, old.effective_on, old.giver, old.receiver, old.acting, old.absent,
         old.inventory, old.made_at))
  execute function kept();

-- Who heads a box by a handover that is due, and of which box_role does not know yet: the last one counts.
create view head_due as
  select distinct on (box) box, kind, receiver as staff_id
    from handover
   where effective_on <= congvu_today() and settled_at is null
   order by box, effective_on desc, id desc;

-- Roles as they are on this day, so that a handover takes effect by itself, at midnight.
create view held_role as
  select r.box, r.staff_id, r.role
    from box_role r
   where not exists (select from head_due h where h.box = r.box and (r.role = 'head' or r.staff_id = h.staff_id))
   union all
  select box, staff_id, 'head' from head_due;

create or replace view box_member with (security_barrier) as
  select d.login, r.box, r.role
    from held_role r
         join door d on d.staff_id = r.staff_id
         join mailbox m on m.address = r.box and not m.closed;

-- Write down in box_role what is so already; who lost a role by that is noted there (trigger role_lost).
create function settle_handovers(who text) returns int
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  due record;
  count int := 0;
begin
  for due in select * from head_due loop
    insert into audit_record (actor, verb, subject, detail)
    values (who, 'handover.effect', due.box, jsonb_build_object('head', due.staff_id));
    delete from box_role where box = due.box and role = 'head' and staff_id <> due.staff_id;
    insert into box_role (box, kind, staff_id, role) values (due.box, due.kind, due.staff_id, 'head')
        on conflict (box, staff_id) do update set role = 'head' where box_role.role <> 'head';
    update handover set settled_at = congvu_now()
     where box = due.box and effective_on <= congvu_today() and settled_at is null;
    count := count + 1;
  end loop;
  return count;
end $$;

revoke all on function settle_handovers(text) from public;
grant execute on function settle_handovers(text) to congvu_admin;
grant select on handover, head_due, held_role to congvu_admin;
grant insert, update (acknowledged_at, acknowledged_by) on handover to congvu_admin;
