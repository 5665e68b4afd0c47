update canary_run set arrived_at = greatest(sent_at, %(at)s) where token = any (%(tokens)s) and arrived_at is null
