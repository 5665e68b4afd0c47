# Managed by Ansible (role dovecot).
# Runs before the scripts of the user: what Rspamd marked is filed as Junk.
require ["fileinto", "mailbox"];

if header :is "X-Spam" "Yes" {
  fileinto :create "Junk";
  stop;
}
