select until from odd_use_watch
