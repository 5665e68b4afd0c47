#
# Managed by Ansible (congvu): leaver.sieve.j2. Changes made here by hand are undone.
#
# Runs after junk.sieve and before the scripts of the user: whoever writes to somebody who has left is told where to write
# instead, once in some days. Of whom that is true, the directory says at each delivery (userdb). The message is kept in
# the INBOX, and the leaver's own scripts do not run any more.
require ["environment", "fileinto", "vacation", "variables", "vnd.dovecot.environment"];

if environment :matches "vnd.dovecot.config.leaver_box" "?*" {
  set "box" "${0}";
  set "unit" "";
  if environment :matches "vnd.dovecot.config.leaver_unit" "*" {
    set "unit" "${1}";
  }
  vacation :days 7 :handle "leaver"
    :addresses ["${env.vnd.dovecot.config.leaver_alias1}", "${env.vnd.dovecot.config.leaver_alias2}", "${env.vnd.dovecot.config.leaver_alias3}"]
    :subject "Trả lời tự động: hộp thư không còn người theo dõi / Automatic reply"
text:
Kính gửi Quý cơ quan, Quý ông/bà,

Hộp thư này không còn người theo dõi; thư vừa gửi đến sẽ không được xử lý.
Đề nghị gửi nội dung công việc đến hộp thư của ${unit}:

    ${box}

Hộp thư này sắp ngừng nhận thư. Đây là thư tự động, đề nghị không trả lời.

--------

Nobody reads this mailbox any more; your message will not be dealt with.
Please write to the mailbox of the unit:

    ${box}

This mailbox will soon take no more mail. This is an automatic reply, please do
not answer it.

Sở Nội vụ tỉnh Bình Định
.
;
  fileinto "INBOX";
  stop;
}
