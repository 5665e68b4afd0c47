insert into audit_record (actor, verb, subject, detail)
values (%(actor)s, %(verb)s, %(subject)s, %(detail)s)
returning id
