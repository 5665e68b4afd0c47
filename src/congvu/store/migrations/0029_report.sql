-- The report of a quarter that is over, as it was made for the Office and the Director, and to whom it was handed. d8.k2.2

create table report_issue (
  quarter     text primary key check (quarter ~ '^20\d\d-Q[1-4]$'), -- one report a quarter, however it is cut off
  cutoff      text not null,
  first       date not null,
  last        date not null check (last > first),
  made_at     timestamptz not null default congvu_now(),
  form        text not null check (form in ('pdf', 'docx')),
  content     bytea not null,
  figures     text not null                                   -- the report.json that it was made of
);
create trigger audited before insert or update or delete or truncate on report_issue
  for each statement execute function audited();

create table report_copy (
  quarter text references report_issue,
  address text,
  sent_at timestamptz not null default congvu_now(),
  primary key (quarter, address)
);

do $$
declare
  name text;
begin
  foreach name in array array['report_issue', 'report_copy'] loop
    execute format('create trigger kept before update or delete on %I for each row execute function kept()', name);
    execute format('create trigger kept_whole before truncate on %I for each statement execute function kept()', name);
  end loop;
end $$;

-- The mailboxes of the office, and the director's by the address of that duty.
create view report_recipient with (security_barrier) as
  select m.address, u.name from mailbox m join unit u on u.code = m.unit where m.kind = 'office' and not m.closed
   union
  select address, '' from forwarding where duty and not closed and address like 'giamdoc@%';

create view report_copy_due with (security_barrier) as
  select i.quarter, i.first, i.last, i.made_at, i.form, i.content, r.address, r.name
    from report_issue i cross join report_recipient r
   where i.made_at > congvu_now() - interval '31 days'        -- a new mailbox is not told of years
     and not exists (select from report_copy c where c.quarter = i.quarter and c.address = r.address);

grant select on report_issue, report_copy, report_recipient, report_copy_due to congvu_admin;
grant insert on report_issue to congvu_admin;
grant select on report_copy_due to congvu_reminder;
grant insert (quarter, address) on report_copy to congvu_reminder;
