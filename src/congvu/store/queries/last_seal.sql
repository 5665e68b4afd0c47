select day, body, head, signature, signer, sealed_at from seal where day <= %(until)s order by day desc limit 1
