select * from account where address = %(address)s
