select address, hash, set_at, origin from credential
