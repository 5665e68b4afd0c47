update break_glass set ended_at = congvu_now(), ended_by = %(by)s where id = %(id)s
