-- From the staged rows into the directory, by sets. An address that has another use already stops it: the
-- mailbox or alias then finds no address of its own use to stand on.
insert into address (address, use)
select address, 'person' from staged_person
 union all
select address, kind from staged_box
 union all
select address, 'alias' from staged_alias
 union all
select address, 'service' from staged_service
 union all
select address, 'list' from staged_list
    on conflict do nothing;

insert into unit (code, name, box, closed)
select code, name, box, closed from staged_unit
    on conflict (code) do update set name = excluded.name, closed = excluded.closed;

insert into person (staff_id, full_name, kind, unit, position, starts, ends, address)
select staff_id, full_name, kind, unit, position, starts, ends, address from staged_person
    on conflict (staff_id) do update
   set full_name = excluded.full_name, kind = excluded.kind, unit = excluded.unit, position = excluded.position,
       starts = excluded.starts, ends = excluded.ends;

insert into mailbox (address, kind, staff_id, closed)
select address, 'person', staff_id, closed from staged_person
    on conflict (address) do update set closed = excluded.closed;

insert into mailbox (address, kind, unit, closed)
select address, kind, unit, closed from staged_box
    on conflict (address) do update set unit = excluded.unit, closed = excluded.closed;

insert into forwarding (address, target, duty, closed)
select address, target, duty, closed from staged_alias
    on conflict (address) do update set target = excluded.target, closed = excluded.closed;

delete from box_role r
 using staged_box b
 where r.box = b.address
   and not exists (select from staged_role s where s.box = r.box and s.staff_id = r.staff_id);

insert into box_role (box, kind, staff_id, role)
select box, kind, staff_id, role from staged_role
    on conflict (box, staff_id) do update set role = excluded.role;

delete from absence a using staged_absence s
 where s.closed and a.staff_id = s.staff_id and a.starts = s.starts and a.part = s.part;

insert into absence (staff_id, kind, starts, ends, part)
select staff_id, kind, starts, ends, part from staged_absence where not closed
    on conflict (staff_id, starts, part) do update set kind = excluded.kind, ends = excluded.ends;

insert into service (address, name, owner, ends, networks, closed)
select address, name, owner, ends, networks, closed from staged_service
    on conflict (address) do update
   set name = excluded.name, owner = excluded.owner, ends = excluded.ends, networks = excluded.networks,
       closed = excluded.closed,
       hash = case when not excluded.closed then service.hash end,
       set_at = case when not excluded.closed then service.set_at end;

insert into mailing_list (address, name, members, post, moderator, closed)
select address, name, members, post, moderator, closed from staged_list
    on conflict (address) do update
   set name = excluded.name, members = excluded.members, post = excluded.post, moderator = excluded.moderator,
       closed = excluded.closed;

-- Who comes back gets a new initial password, as on the first day.
delete from credential c using staged_person p where c.address = p.address and p.closed;
