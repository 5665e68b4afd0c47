select sessions_without_door(%(logins)s)
