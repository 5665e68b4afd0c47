select login, since from session_end order by login
