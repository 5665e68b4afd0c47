-- Waits for whoever has written into the day and is not done (trigger in_open_day)
select pg_advisory_xact_lock(24, %(day)s::date - date '2000-01-01')
