select key, value from policy_value order by key
