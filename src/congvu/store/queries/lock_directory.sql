-- One change of the directory at a time: what was planned is what is found when it is written.
select pg_advisory_xact_lock(hashtextextended('congvu.directory', 0))
