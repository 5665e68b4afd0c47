select cursor, read_until, reconciled from event_cursor where host = %(host)s
