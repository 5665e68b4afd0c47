select p.staff_id, p.full_name, p.kind, p.unit, p.position, p.starts as start, p.ends as "end", p.address
  from person p join mailbox m on m.address = p.address and not m.closed
