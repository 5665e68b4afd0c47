insert into report_copy (quarter, address) values (%(quarter)s, %(address)s) on conflict do nothing
