select address, full_name, password_set_at, due_on, expires_on, days_left, step from reminder_due order by address
