insert into outage (starts, ends, reason, source) values (%(starts)s, %(ends)s, 'records are missing', 'gap')
