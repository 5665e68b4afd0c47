select portal_statements(%(session)s, %(quarter)s, %(party)s, %(unit)s) as found
