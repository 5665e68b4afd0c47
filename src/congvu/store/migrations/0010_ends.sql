-- What ends has to end everywhere: heads of boxes, and what their handovers still owe (d4.k2.c); sessions without a door.

-- Who was the head of a box, and for how long. Nobody writes it: it follows box_role, whoever changes that.
create table head_term (
  id       bigint generated always as identity primary key,
  box      text not null,
  staff_id text not null references person,
  began_at timestamptz not null default congvu_now(),
  ended_at timestamptz
);
create unique index on head_term (box, staff_id) where ended_at is null;
insert into head_term (box, staff_id) select box, staff_id from box_role where role = 'head';
create trigger audited before insert or update or delete or truncate on head_term
  for each statement execute function audited();
create trigger kept before delete on head_term for each row execute function kept();
create trigger kept_whole before truncate on head_term for each statement execute function kept();

create function head_changed() returns trigger language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  if tg_op <> 'INSERT' and old.role = 'head' then
    update head_term set ended_at = congvu_now()
     where box = old.box and staff_id = old.staff_id and ended_at is null;
  end if;
  if tg_op <> 'DELETE' and new.role = 'head' then
    insert into head_term (box, staff_id) values (new.box, new.staff_id);
  end if;
  return null;
end $$;

create trigger head_began after insert on box_role for each row execute function head_changed();
create trigger head_ended after delete on box_role for each row execute function head_changed();
create trigger head_changed after update on box_role for each row
  when ((new.box, new.staff_id, new.role) is distinct from (old.box, old.staff_id, old.role))
  execute function head_changed();

-- Who is in charge of a unit and then appointed its head takes the mailbox over twice, from themselves the second time.
alter table handover drop constraint handover_check1;
alter table handover add check (receiver <> giver or not acting);

-- The filters of a box end with its handover, on the mail store (congvu boxes). Those so far ended in the playbook.
alter table handover add column filters_ended_at timestamptz default congvu_now();
alter table handover alter column filters_ended_at drop default;

-- A door also closes by the calendar: a password expires, a last day passes. Of those whose sessions are open here, whose
-- have to end; asked every minute, for no row changes at midnight.
create function sessions_without_door(here text[]) returns void
  language sql security definer set search_path = pg_catalog, public, pg_temp as $$
  insert into session_end (login)
  select m.address
    from mailbox m
   where m.address = any (here) and m.kind = 'person'
     and not exists (select from door d where d.login = m.address)
      on conflict (login) do nothing
$$;

revoke all on function head_changed(), sessions_without_door(text[]) from public;
grant execute on function sessions_without_door(text[]) to congvu_admin;
grant select on head_term to congvu_admin;
grant update (filters_ended_at) on handover to congvu_admin;
