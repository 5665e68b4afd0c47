select address, name, owner, owner_name, owner_unit, ends, state, set_at from service_account order by address
