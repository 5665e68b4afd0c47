update handover set filters_ended_at = congvu_now()
 where box = %(box)s and effective_on <= congvu_today() and filters_ended_at is null
