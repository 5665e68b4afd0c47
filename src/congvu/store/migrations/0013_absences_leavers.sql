-- Who is away, why and on which days: leave, missions, secondment to another agency (d4.k3.f); and what they are told who
-- write to somebody who has left.

-- For whoever counts on which days somebody had to look into the mailbox. No service reads it.
create table absence (
  staff_id text not null references person,
  kind     text not null,
  starts   date not null,
  ends     date not null,
  part     text not null default '' check (part in ('', 'morning', 'afternoon')),  -- the half of a single day
  check (ends >= starts and (part = '' or ends = starts)),
  primary key (staff_id, starts, part)
);
create trigger audited before insert or update or delete or truncate on absence
  for each statement execute function audited();

-- Nobody is away twice at one time. Judged at the end, so that two rows may change places in one transaction.
create function away_once() returns trigger language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  if exists (select from absence a join absence b using (staff_id)
              where a.staff_id = new.staff_id and (a.starts, a.part) < (b.starts, b.part)
                and a.ends >= b.starts and not (a.part <> '' and b.part <> '')) then
    raise exception 'absences of % overlap', new.staff_id using errcode = 'integrity_constraint_violation';
  end if;
  return null;
end $$;
create constraint trigger away_once after insert or update on absence
  deferrable initially deferred for each row execute function away_once();

revoke all on function away_once() from public;
grant select, insert, delete on absence to congvu_admin;
grant update (kind, ends) on absence to congvu_admin;

-- Who left and still takes mail, until the mailbox is closed: to whom senders should write instead. That is the mailbox
-- of the unit or, where the unit has gone too, one of an office.
create view leaver with (security_barrier) as
  select m.address, instead.address as box, instead.unit,
         array(select f.address from forwarding f where f.target = m.address and not f.closed order by 1) as aliases
    from mailbox m
         join person p on p.staff_id = m.staff_id and congvu_today() > p.ends
         cross join lateral (
           select b.address, b.unit
             from box_name b left join unit u on u.box = b.address and u.code = p.unit
            where u.code is not null or b.kind = 'office'
            order by u.code nulls last, b.address
            limit 1
         ) instead
   where not m.closed;

grant select on leaver to dovecot, congvu_admin;
