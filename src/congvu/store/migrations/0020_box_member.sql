-- Who works in a box is asked at each message, by its address or by the login. From the few roles in question the way
-- leads to the door: `offset 0` keeps the planner from judging everybody's account first.
create or replace view box_member with (security_barrier) as
  select p.address as login, r.box, r.role
    from held_role r
         join person p on p.staff_id = r.staff_id
         join mailbox m on m.address = r.box and not m.closed
   where exists (select from door d where d.login = p.address offset 0);
