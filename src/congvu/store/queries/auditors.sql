select staff_id, warrant, until, ended_at is null and congvu_today() <= until as reads from auditor order by id
