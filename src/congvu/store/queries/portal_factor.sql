select portal_factor(%(session)s) as found
