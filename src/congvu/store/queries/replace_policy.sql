with gone as (
  delete from policy_value where not (key = any (%(keys)s))
), present as (
  insert into policy_value (key, value)
  select * from unnest(%(keys)s::text[], %(values)s::jsonb[])
      on conflict (key) do update set value = excluded.value
)
insert into policy_version (version, sha256) values (%(version)s, %(sha256)s)
