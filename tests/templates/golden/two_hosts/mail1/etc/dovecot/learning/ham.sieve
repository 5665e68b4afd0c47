#
# Managed by Ansible (congvu): ham.sieve.j2. Changes made here by hand are undone.
#
# Whoever moves a message out of Junk calls it good, unless it is thrown away.
require ["vnd.dovecot.pipe", "copy", "imapsieve", "environment", "variables"];

if not environment :is "imap.mailbox" ["Trash", "Junk"] {
  pipe :copy :try "put-aside" ["ham"];
}
