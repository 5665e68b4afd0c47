update outage set withdrawn_at = congvu_now() where id = %(id)s
