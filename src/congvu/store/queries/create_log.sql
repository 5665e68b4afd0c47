create table if not exists schema_migration (
  number int primary key,
  name   text not null,
  sha256 text not null,
  at     timestamptz not null default now()
)
