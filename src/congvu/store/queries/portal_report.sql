select portal_report(%(session)s, %(provision)s, %(told)s, %(form)s) as outcome
