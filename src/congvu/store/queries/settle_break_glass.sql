select settle_break_glass(%(actor)s) as count
