select * from break_glass_notice_due order by access, step desc
