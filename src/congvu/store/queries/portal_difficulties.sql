select portal_difficulties(%(session)s) as found
