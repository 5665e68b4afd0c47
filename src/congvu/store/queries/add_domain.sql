insert into domain (name) values (%(name)s) on conflict do nothing
