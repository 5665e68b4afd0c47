insert into observation (control, host, observed_at, body, policy_sha256)
values (%(control)s, %(host)s, %(observed_at)s, %(body)s, %(policy_sha256)s)
    on conflict do nothing
