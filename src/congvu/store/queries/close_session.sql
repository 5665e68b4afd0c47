select close_session(%(session)s)
