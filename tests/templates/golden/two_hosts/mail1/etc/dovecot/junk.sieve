#
# Managed by Ansible (congvu): junk.sieve.j2. Changes made here by hand are undone.
#
# Runs before the scripts of the user. What was sent as a unit or office, of which Postfix sends it a copy, is filed as
# Sent; what Rspamd marked, as Junk.
require ["envelope", "fileinto", "imap4flags", "mailbox", "subaddress"];

if envelope :detail "to" "sent" {
  fileinto :create :flags "\\Seen" "Sent";
  stop;
}

if header :is "X-Spam" "Yes" {
  fileinto :create "Junk";
  stop;
}
