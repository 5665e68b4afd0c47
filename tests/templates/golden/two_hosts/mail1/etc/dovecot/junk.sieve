#
# Managed by Ansible (congvu): junk.sieve.j2. Changes made here by hand are undone.
#
# Runs before the scripts of the user: what Rspamd marked is filed as Junk.
require ["fileinto", "mailbox"];

if header :is "X-Spam" "Yes" {
  fileinto :create "Junk";
  stop;
}
