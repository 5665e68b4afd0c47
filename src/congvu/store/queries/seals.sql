select day, body, head, signature, signer, sealed_at
  from seal
 where day >= %(since)s and day <= %(until)s
 order by day
