select recognise_password(%(address)s, %(present)s, %(client)s, %(own)s, %(shared)s, %(key)s) as outcome
