select sha256 from policy_version where since < %(until)s order by since desc limit 1
