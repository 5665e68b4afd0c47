-- Who may do what. The roles themselves are made with the cluster (role `postgresql`); each has one purpose.

do $$
begin
  execute format('revoke all on database %I from public', current_database());
  execute format('grant connect on database %I to congvu_admin, congvu_password, dovecot, postfix',
                 current_database());
  execute format('grant temporary on database %I to congvu_admin', current_database());
end $$;

revoke all on schema public from public;
grant usage on schema public to congvu_admin, congvu_password, dovecot, postfix;
revoke all on all functions in schema public from public;
alter default privileges revoke execute on functions from public;
grant execute on function congvu_now(), congvu_day(timestamptz), congvu_today()
   to congvu_admin, congvu_password, dovecot, postfix;

grant select on door, box_member, delivery to dovecot;
grant select on delivery, alias, hosted_domain, sender to postfix;

-- The password service reads what it needs to judge, and changes nothing but by set_password.
grant select on account, hosted_domain, unit, policy_value, credential to congvu_password;
grant execute on function set_password(text, text, text, text) to congvu_password;

-- Administration reads everything and writes what the directory is made of. It cannot give an address away, delete
-- a person or a record, or make a password of its own choosing look like the person's.
grant select on all tables in schema public to congvu_admin;
grant insert on audit_record, audit_diff, domain, address, unit, person, mailbox, forwarding, box_role, credential,
                observation to congvu_admin;
grant update (name, closed) on unit to congvu_admin;
grant update (full_name, kind, unit, position, starts, ends) on person to congvu_admin;
grant update (unit, quota_mb, closed) on mailbox to congvu_admin;
grant update (target, closed) on forwarding to congvu_admin;
grant update (role) on box_role to congvu_admin;
grant update (hash, origin, set_at) on credential to congvu_admin;
grant delete on box_role, credential to congvu_admin;

alter table credential enable row level security;
create policy looked_at on credential for select to congvu_admin, congvu_password using (true);
create policy given_up on credential for delete to congvu_admin using (true);
create policy issued on credential for insert to congvu_admin
  with check (origin <> 'self' and set_at <= congvu_now());
create policy renewed on credential for update to congvu_admin
  using (true) with check (origin <> 'self' and set_at <= congvu_now());
