create temporary table if not exists staged_credential (address text, hash text, origin text, set_at timestamptz)
  on commit drop
