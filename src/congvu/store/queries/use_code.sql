select use_code(%(address)s, %(step)s) as done
