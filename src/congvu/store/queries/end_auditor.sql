update auditor set ended_at = congvu_now() where staff_id = %(staff_id)s and warrant = %(warrant)s and ended_at is null
