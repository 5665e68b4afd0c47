select from fingerprinted where address = %(address)s and key = %(key)s
