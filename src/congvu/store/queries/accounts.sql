select * from account order by kind, address
