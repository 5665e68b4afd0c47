select code, name from unit where not closed order by code
