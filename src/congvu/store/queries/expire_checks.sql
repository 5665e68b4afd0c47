delete from check_day where day < %(before)s
