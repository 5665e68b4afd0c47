-- Waits for whoever has written into the day and is not done
select pg_advisory_xact_lock(day_key(%(day)s))
