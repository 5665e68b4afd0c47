select confirm_factor(%(session)s) as done
