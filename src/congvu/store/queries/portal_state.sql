select portal_state(%(session)s, %(quarter)s, %(party)s, %(unit)s, %(shown)s, %(said)s) as outcome
