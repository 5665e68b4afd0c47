select lock_passwords()
