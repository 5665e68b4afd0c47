select begin_factor(%(session)s, %(secret)s, %(key)s) as done
