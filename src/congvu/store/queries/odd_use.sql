select kind, subject, key, seen_at as at, networks, accounts from odd_use order by id
