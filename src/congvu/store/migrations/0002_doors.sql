-- What others see of the directory. Views judge; whoever asks them only obeys.

-- Numbers of the policy, as one row. A number that is missing is null, and null never opens a door (see account).
create view rule as
  select max((value #>> '{}')::int) filter (where key = 'rotation.due_months') as due_months,
         max((value #>> '{}')::int) filter (where key = 'rotation.expire_months') as expire_months,
         max((value #>> '{}')::int) filter (where key = 'mailbox.quota_mb') as quota_mb
    from policy_value
   where key in ('rotation.due_months', 'rotation.expire_months', 'mailbox.quota_mb');

-- Every mailbox with its state on this day. Months are calendar months: 31 August + 6 months = 28 February.
create view account as
  select m.address,
         m.kind,
         m.staff_id,
         coalesce(p.full_name, u.name) as full_name,
         u.code as unit,
         coalesce(p.position, '') as position,
         case
           when m.closed then 'closed'
           when m.kind <> 'person' then 'box'
           when congvu_today() < p.starts or congvu_today() > p.ends then 'suspended'
           when c.origin is null or c.origin = 'issued' then 'initial'
           when c.origin = 'reset' then 'reset'
           when congvu_today() <= d.expires_on and congvu_today() < d.due_on then 'active'
           when congvu_today() <= d.expires_on then 'due'
           else 'expired'
         end as state,
         c.set_at as password_set_at,
         d.due_on,
         d.expires_on,
         coalesce(m.quota_mb, rule.quota_mb) as quota_mb,
         u.name as unit_name
    from mailbox m
         left join person p on p.staff_id = m.staff_id
         join unit u on u.code = coalesce(p.unit, m.unit)
         left join credential c on c.address = m.address
         cross join rule
         cross join lateral (
           select (congvu_day(c.set_at) + make_interval(months => rule.due_months))::date as due_on,
                  (congvu_day(c.set_at) + make_interval(months => rule.expire_months))::date as expires_on
         ) d;

-- THE ONE VIEW of 993, 465, 4190 and webmail: who is in it may come in with this password, nobody else exists.
-- The barrier keeps a caller's own function from seeing the rows that the view hides.
create view door with (security_barrier) as
  select a.address as login,
         case when c.hash like '$6$%' then '{SHA512-CRYPT}' || c.hash else c.hash end as password,
         a.quota_mb,
         a.staff_id
    from account a
         join credential c on c.address = a.address
   where a.state in ('active', 'due');

-- Who holds which role in which box, among those who may come in today.
create view box_member with (security_barrier) as
  select d.login, r.box, r.role
    from box_role r
         join door d on d.staff_id = r.staff_id
         join mailbox m on m.address = r.box and not m.closed;

create view delivery with (security_barrier) as
  select m.address, coalesce(m.quota_mb, rule.quota_mb) as quota_mb
    from mailbox m cross join rule
   where not m.closed;

create view alias with (security_barrier) as
  select f.address, f.target
    from forwarding f join mailbox m on m.address = f.target and not m.closed
   where not f.closed;

create view hosted_domain as select name as domain from domain;

-- Which login may send as which address: as itself, as the boxes in which it holds a role, as the aliases of those.
create view reach as
  select login as address, login from door
   union all
  select box, login from box_member;

create view sender with (security_barrier) as
  select address, login from reach
   union all
  select a.address, r.login from alias a join reach r on r.address = a.target;

-- The only way for the password service to change anything: the hash of one open account, from the hash that the
-- person was just checked against, with its record. False: that hash is no longer the present one, or the account
-- has no door at all.
create function set_password(who text, present text, chosen text, client text) returns boolean
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  before text;
begin
  perform from credential where address = who and hash = present for update;
  if not found then
    return false;
  end if;
  select state into before from account where address = who;
  if before not in ('active', 'due', 'initial', 'reset', 'expired') then
    return false;
  end if;
  insert into audit_record (actor, verb, subject, detail)
  values (who, 'password.change', who, jsonb_build_object('client', client, 'state', before));
  update credential set hash = chosen, origin = 'self', set_at = congvu_now() where address = who;
  return true;
end $$;
