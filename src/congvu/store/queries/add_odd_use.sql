insert into odd_use (kind, subject, login, key, seen_at, networks, accounts)
values (%(kind)s, %(subject)s, %(login)s, %(key)s, %(at)s, %(networks)s, %(accounts)s)
