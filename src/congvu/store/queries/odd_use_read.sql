insert into odd_use_watch (until) values (%(until)s) on conflict (only_one) do update set until = excluded.until
