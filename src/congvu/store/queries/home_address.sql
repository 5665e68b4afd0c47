select home_address(%(address)s) as address
