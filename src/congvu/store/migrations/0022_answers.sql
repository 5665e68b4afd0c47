-- From which addresses a mailbox may answer by itself: its own and its aliases. Parted by commas.
create function answering_addresses(key text) returns text language sql stable security definer
  set search_path = pg_catalog, public, pg_temp as $$
  select concat_ws(',', key, (select string_agg(address, ',' order by address) from alias where target = key))
$$;
grant execute on function answering_addresses(text) to dovecot, congvu_admin;
