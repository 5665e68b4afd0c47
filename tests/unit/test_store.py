def test_smoke(database):
    print(database.ask("postfix", "select * from delivery"))
    print(database.ask("congvu_admin", "select * from schema_migration"))
    print(database.ask("congvu_admin", "select * from policy_version, audit_record"))
