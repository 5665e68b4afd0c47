select * from odd_use_notice_due order by finding
