select 1 from person p join mailbox m on m.staff_id = p.staff_id and not m.closed where p.staff_id = %(staff_id)s
