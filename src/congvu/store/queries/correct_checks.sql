with known as (
  select staff_id, unit,
         case when morning is null then morning_why when morning then 'yes' else 'no' end as morning,
         case when afternoon is null then afternoon_why when afternoon then 'yes' else 'no' end as afternoon
    from mail_check_last where day = %(day)s
), corrected as (
  select k.staff_id, k.unit, (k.morning, k.afternoon) as before,
         check_corrected(k.morning, f.morning) as morning, check_corrected(k.afternoon, f.afternoon) as afternoon
    from known k join found_check f using (staff_id)
)
insert into mail_check (day, staff_id, unit, morning, morning_why, afternoon, afternoon_why, correction)
select %(day)s, staff_id, unit,
       case when morning in ('yes', 'no') then morning = 'yes' end,
       case when morning in ('yes', 'no') then '' else morning end,
       case when afternoon in ('yes', 'no') then afternoon = 'yes' end,
       case when afternoon in ('yes', 'no') then '' else afternoon end,
       true
  from corrected
 where (morning, afternoon) is distinct from before
