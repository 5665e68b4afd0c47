select add_webmail_password(%(address)s, %(present)s, %(selector)s, %(hash)s) as done
