insert into canary (address) values (%(address)s) on conflict (address) do update set closed = false
