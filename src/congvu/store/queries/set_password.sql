select set_password(%(address)s, %(present)s, %(chosen)s, %(client)s, %(own)s, %(shared)s, %(key)s) as outcome
