select forgive_attempts(%(login)s)
