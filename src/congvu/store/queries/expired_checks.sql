select count(*) as count from check_day where day < %(before)s
