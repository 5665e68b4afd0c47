update event_cursor set caught_up = congvu_now() where host = %(host)s
