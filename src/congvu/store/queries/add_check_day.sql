insert into check_day (day, estimated, off, morning_from, morning_until, afternoon_from, afternoon_until, counts,
                       policy_sha256)
values (%(day)s, %(estimated)s, %(off)s, %(morning_from)s, %(morning_until)s, %(afternoon_from)s, %(afternoon_until)s,
        %(counts)s, %(sha256)s)
