select use from address where address = %(address)s
