-- Quarterly statements that nobody has made yet: whoever may make them is reminded. What is missing when, and what the
-- mail says, is worked out of the policy's file (congvu.chase), which alone knows the rows and the quarters.

create table statement_reminder (
  address text not null references mailbox on delete cascade,
  quarter text not null check (quarter ~ '^20\d\d-Q[1-4]$'),
  version text not null,                                      -- another one asks everybody anew, and so do we
  step    int not null check (step >= 0),                     -- days before the quarter's end; 0: it is over
  sent_at timestamptz not null default congvu_now(),
  primary key (address, quarter, version, step)
);

-- Whoever may sign today, and can: the page opens for no other account.
create view statement_signatory with (security_barrier) as
  select a.address, a.full_name, s.party, s.unit, u.name as unit_name
    from signatory s
         join account a on a.staff_id = s.staff_id and a.state in ('active', 'due')
         join unit u on u.code = s.unit;

-- That something was said, not what.
create view statement_made with (security_barrier) as
  select distinct quarter, version, provision, party, unit from statement;

-- The version in force, and since when, however often its digest has changed.
create view version_in_force with (security_barrier) as
  select version, min(since) as since
    from policy_version
   where version = (select version from policy_version order by since desc limit 1)
   group by version;

grant select on statement_signatory, statement_made, version_in_force, statement_reminder to congvu_reminder;
grant insert (address, quarter, version, step) on statement_reminder to congvu_reminder;
grant select on statement_reminder, statement_signatory to congvu_admin;
