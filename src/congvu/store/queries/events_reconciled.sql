update event_cursor set reconciled = %(until)s where host = %(host)s
