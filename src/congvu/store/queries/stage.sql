-- Where a bulk change is copied to. What is to be closed comes along, marked so.
create temporary table staged_unit (code text, name text, box text, closed boolean) on commit drop;
create temporary table staged_person (staff_id text, full_name text, kind text, unit text, position text, starts date,
                                      ends date, address text, closed boolean) on commit drop;
create temporary table staged_box (address text, kind text, unit text, closed boolean) on commit drop;
create temporary table staged_role (box text, kind text, staff_id text, role text) on commit drop;
create temporary table staged_alias (address text, target text, duty boolean, closed boolean) on commit drop;
create temporary table staged_absence (staff_id text, kind text, starts date, ends date, part text, closed boolean)
  on commit drop;
create temporary table staged_service (address text, name text, owner text, ends date, networks cidr[], closed boolean)
  on commit drop;
create temporary table staged_list (address text, name text, members text[], post text[], moderator text, closed boolean)
  on commit drop;
