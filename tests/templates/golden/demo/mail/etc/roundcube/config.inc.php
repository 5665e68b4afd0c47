<?php
//
// Managed by Ansible (congvu): config.inc.php.j2. Changes made here by hand are undone.
//

$config = [];
$config['db_dsnw'] = 'pgsql://roundcube@unix(/run/postgresql)/roundcube';
$config['des_key'] = trim(file_get_contents('/etc/roundcube/des_key'));
$config['cipher_method'] = 'AES-256-CBC';

// Who gets in: the plugin congvu asks the password service before any IMAP session exists
$config['plugins'] = ['congvu', 'congvu_boxes', 'archive', 'managesieve', 'markasjunk', 'zipdownload'];
$config['congvu_password_socket'] = '/run/congvu-password/http.sock';
$config['congvu_boxes_prefix'] = 'Hộp thư đơn vị';
$config['congvu_directory_dsn'] = 'pgsql://congvu_webmail@unix(/run/postgresql)/congvu';
$config['congvu_domains'] = ['snv.binhdinh.test']; // names of one another
$config['username_domain'] = 'snv.binhdinh.test';
$config['mail_domain'] = 'snv.binhdinh.test';
$config['identities_level'] = 1; // the name may be edited, and which is the default; the address not

// Where the mail is
$verified = ['ssl' => ['verify_peer' => true, 'verify_peer_name' => true, 'cafile' => '/etc/congvu/tls/ca.pem']];
$config['imap_host'] = 'ssl://mail.snv.binhdinh.test:993';
$config['imap_conn_options'] = $verified;
$config['imap_timeout'] = 20;
$config['smtp_host'] = 'ssl://mail.snv.binhdinh.test:465';
$config['smtp_conn_options'] = $verified;
$config['smtp_timeout'] = 60; // outgoing mail is scanned before it is taken
$config['smtp_xclient_addr'] = true; // so that Postfix logs who sent, not the webmail
$config['smtp_log'] = false; // Postfix does
$config['managesieve_host'] = 'tls://mail.snv.binhdinh.test:4190';
$config['managesieve_conn_options'] = $verified;
$config['managesieve_vacation'] = 1;
$config['max_message_size'] = '25M';
$config['max_recipients'] = 100;

// Sessions
$config['force_https'] = true;
$config['use_https'] = true;
$config['trusted_host_patterns'] = ['mail\\.snv\\.binhdinh\\.test'];
$config['session_lifetime'] = 30;
$config['session_samesite'] = 'Lax';
$config['login_password_maxlen'] = 1024;
$config['log_driver'] = 'syslog';
$config['log_logins'] = false; // the password service does, and knows a password that was typed into the wrong field
$config['enable_installer'] = false;

// What people see
$config['product_name'] = 'Sở Nội vụ tỉnh Bình Định';
$config['display_product_info'] = 0;
$config['skin_logo'] = 'mat-khau/static/logo.svg'; // the password page's
$config['useragent'] = 'Webmail';
$config['language'] = 'vi_VN';
$config['timezone'] = 'Asia/Ho_Chi_Minh';
$config['date_format'] = 'd/m/Y';
$config['date_long'] = 'd/m/Y H:i';
$config['skin'] = 'elastic';
$config['skins_allowed'] = ['elastic'];
$config['archive_mbox'] = 'Archive';
$config['message_show_email'] = true; // a name alone can be anybody's
$config['enable_spellcheck'] = false; // would ask a service outside
$config['keyservers'] = []; // the same
