select portal_take_over(%(session)s, %(handover)s) as outcome
