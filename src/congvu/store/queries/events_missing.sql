select events_missing(%(what)s, %(seen)s, %(since)s) as missing
