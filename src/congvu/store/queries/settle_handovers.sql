select settle_handovers(%(actor)s) as count
