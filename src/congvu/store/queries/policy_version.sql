select version, sha256, since from policy_version order by since desc limit 1
