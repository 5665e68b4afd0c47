delete from odd_use where seen_at < %(before)s
