delete from canary_run where sent_at < congvu_now() - interval '400 days'
