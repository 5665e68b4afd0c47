-- Nobody has taken over what has not begun
select from handover
 where box = %(box)s and decision = %(decision)s and acknowledged_at is null and effective_on <= congvu_today()
