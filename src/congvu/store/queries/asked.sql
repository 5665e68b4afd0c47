select party, key, who from asked order by party, who
