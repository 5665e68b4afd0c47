insert into auditor (staff_id, warrant, until) values (%(staff_id)s, %(warrant)s, %(until)s)
