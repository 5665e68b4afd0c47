create temporary table staged_service_password (address text, hash text, set_at timestamptz) on commit drop
