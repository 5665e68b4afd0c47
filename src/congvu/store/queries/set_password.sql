select set_password(%(address)s, %(present)s, %(chosen)s, %(client)s, %(own)s, %(shared)s, %(key)s,
                    %(too_short_alone)s) as outcome
