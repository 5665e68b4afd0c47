"""The outer edge: command line and daemons. Arguments, logging and exit codes live here, rules do not."""
