select number, name, sha256 from schema_migration order by number
