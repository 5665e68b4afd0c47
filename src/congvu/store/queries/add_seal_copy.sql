insert into seal_copy (day, recipient) values (%(day)s, %(recipient)s)
