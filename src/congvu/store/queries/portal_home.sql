select portal_home(%(session)s) as found
