select portal_logins(%(session)s) as found
