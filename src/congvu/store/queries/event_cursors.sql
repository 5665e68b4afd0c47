select host, read_until, caught_up, not_understood from event_cursor order by host
