select portal_checks(%(session)s) as found
