insert into mail_check (day, staff_id, unit, morning, morning_why, afternoon, afternoon_why, correction)
select %(day)s, staff_id, unit,
       case when morning in ('yes', 'no') then morning = 'yes' end,
       case when morning in ('yes', 'no') then '' else morning end,
       case when afternoon in ('yes', 'no') then afternoon = 'yes' end,
       case when afternoon in ('yes', 'no') then '' else afternoon end,
       false
  from found_check
