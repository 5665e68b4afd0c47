select address, staff_id, full_name, unit_name
  from account
 where kind = 'person' and state = 'initial' and password_set_at is null
 order by staff_id
