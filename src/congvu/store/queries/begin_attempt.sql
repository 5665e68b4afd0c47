select begin_attempt(%(kind)s, %(login)s, %(client)s, %(per_login)s, %(per_client)s, %(window)s) as wait
