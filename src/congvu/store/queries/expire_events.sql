select expire_events() as forgotten
