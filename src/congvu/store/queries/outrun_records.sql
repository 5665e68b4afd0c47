-- A restored record carries the number of the transaction that wrote it, in another cluster. This one counts from the
-- beginning again: until it is past them all, a change might take an old record for its own (trigger `audited`).
do $$
declare
  last xid8 := (select xact from audit_record order by xact desc limit 1);
begin
  perform set_config('synchronous_commit', 'off', false);
  while pg_current_xact_id() <= last loop
    commit;
  end loop;
end $$
