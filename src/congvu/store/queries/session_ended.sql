-- Unless more was lost meanwhile
delete from session_end where login = %(login)s and since = %(since)s
