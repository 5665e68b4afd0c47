insert into reminder (address, password_set_at, step) values (%(address)s, %(password_set_at)s, %(step)s)
    on conflict do nothing
