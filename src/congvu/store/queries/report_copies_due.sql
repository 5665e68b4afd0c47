select * from report_copy_due order by quarter, address
