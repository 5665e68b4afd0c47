#
# Managed by Ansible (congvu): spam.sieve.j2. Changes made here by hand are undone.
#
# Whoever moves a message into Junk calls it spam.
require ["vnd.dovecot.pipe", "copy", "imapsieve"];

pipe :copy :try "put-aside" ["spam"];
