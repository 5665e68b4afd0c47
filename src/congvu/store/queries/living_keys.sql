select case when exists (select from credential) then (select coalesce(array_agg(name), '{}') from door_key) end as keys
