select address, secret, key, confirmed_at is not null as confirmed from second_factor where address = %(address)s
