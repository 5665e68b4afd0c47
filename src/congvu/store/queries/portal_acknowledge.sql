select portal_acknowledge(%(session)s, %(shown)s) as outcome
