insert into break_glass (ticket, owner, reader, approver, reason, ends_at)
values (%(ticket)s, %(owner)s, %(reader)s, %(approver)s, %(reason)s, %(ends_at)s)
