select ticket, owner, reader, approver, reason, ends_at from break_glass order by id
