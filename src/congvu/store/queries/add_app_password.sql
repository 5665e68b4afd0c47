select add_app_password(%(session)s, %(selector)s, %(hash)s, %(label)s) as outcome
