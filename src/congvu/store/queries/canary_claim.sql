insert into address (address, use) values (%(address)s, 'canary') on conflict do nothing
