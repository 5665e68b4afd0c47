select hash from credential where address = %(address)s
