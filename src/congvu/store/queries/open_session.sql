select open_session(%(address)s, %(present)s, %(session)s) as opened
