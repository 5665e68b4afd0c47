select set_password(%(address)s, %(present)s, %(chosen)s, %(client)s) as changed
