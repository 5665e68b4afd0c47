insert into audit_diff (record, body) values (%(record)s, %(body)s)
