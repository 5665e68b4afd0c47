insert into incident (number, kind, provision, found_on)
values (%(number)s, %(kind)s, %(provision)s, %(found_on)s)
