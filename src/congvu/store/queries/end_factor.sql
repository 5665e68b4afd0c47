select end_factor(%(session)s) as done
