insert into statement_reminder (address, quarter, version, step)
values (%(address)s, %(quarter)s, %(version)s, %(step)s)
    on conflict do nothing
