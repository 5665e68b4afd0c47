select record_issued(%(addresses)s, %(owns)s, %(shared)s, %(key)s)
