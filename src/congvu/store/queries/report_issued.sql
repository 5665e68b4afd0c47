select 1 from report_issue where quarter = %(quarter)s
