select portal_records(%(session)s) as found
