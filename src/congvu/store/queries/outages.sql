select id, starts, ends, unit, reason, source, at, withdrawn_at from outage order by starts, id
