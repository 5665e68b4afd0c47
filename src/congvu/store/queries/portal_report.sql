select portal_report(%(session)s, %(about)s, %(provision)s, %(told)s, %(form)s) as outcome
