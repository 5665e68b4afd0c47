insert into canary_run (token, way) values (%(token)s, %(way)s)
