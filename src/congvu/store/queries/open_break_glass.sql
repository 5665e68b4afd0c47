select b.id, p.address from break_glass b join person p on p.staff_id = b.owner
 where b.ticket = %(ticket)s and b.owner = %(owner)s and b.reader = %(reader)s and b.ended_at is null
