select portal_answer(%(session)s, %(difficulty)s, %(told)s) as outcome
