select address, secret, key, confirmed from session_factor(%(session)s)
