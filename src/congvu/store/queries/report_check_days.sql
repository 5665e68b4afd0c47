select count(*) filter (where off = '') as working from check_day where day between %(first)s and %(last)s
