delete from second_factor where address = %(address)s returning address
