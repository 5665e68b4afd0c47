select expire_checks() as forgotten
