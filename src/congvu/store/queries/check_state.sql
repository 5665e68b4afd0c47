select (select max(day) from check_day) as closed,
       (select min(congvu_day(made_at)) from mailbox) as first,
       (select min(congvu_day(happened_at)) from event) as held
