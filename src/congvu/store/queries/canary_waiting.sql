select count(*) from canary_run where token = any (%(tokens)s) and arrived_at is null
