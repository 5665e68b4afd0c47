select portal_revoke(%(session)s, %(app)s) as outcome
