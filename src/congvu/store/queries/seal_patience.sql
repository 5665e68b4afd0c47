set local lock_timeout = '60s'
