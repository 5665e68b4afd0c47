select portal_read(%(session)s, %(quarter)s) as found
