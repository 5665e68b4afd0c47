-- Reminders of passwords that are due (d5.s5): which is to be sent today, and which were.

create table reminder (
  address         text not null references mailbox on delete cascade,
  password_set_at timestamptz not null,                       -- with another password it begins anew
  step            int not null,                               -- days before the end; 0: when it became due
  sent_at         timestamptz not null default congvu_now(),
  primary key (address, password_set_at, step)
);

-- For each person the latest that applies, unless it was sent. Those that were missed meanwhile say nothing any more.
create view reminder_due with (security_barrier) as
  select a.address, a.full_name, a.password_set_at, a.due_on, a.expires_on, s.days_left, s.step
    from account a
         cross join lateral (
           select a.expires_on - congvu_today() as days_left, coalesce(min(days), 0) as step
             from (values (30), (14), (7), (3), (1)) as before_end (days)
            where a.expires_on - congvu_today() <= days
         ) s
   where a.kind = 'person' and a.state = 'due'
     and not exists (select from reminder r
                      where r.address = a.address and r.password_set_at = a.password_set_at and r.step = s.step);

do $$
begin
  execute format('grant connect on database %I to congvu_reminder', current_database());
end $$;
grant usage on schema public to congvu_reminder;
grant execute on function congvu_now(), congvu_day(timestamptz), congvu_today() to congvu_reminder;
grant select on reminder_due to congvu_reminder;
grant insert (address, password_set_at, step) on reminder to congvu_reminder;
grant select on reminder, reminder_due to congvu_admin;
