select portal_reports(%(session)s) as found
