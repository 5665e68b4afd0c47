update handover set acknowledged_at = congvu_now(), acknowledged_by = %(by)s
 where box = %(box)s and decision = %(decision)s
