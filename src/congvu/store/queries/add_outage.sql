insert into outage (starts, ends, unit, reason) values (%(starts)s, %(ends)s, %(unit)s, %(reason)s)
