<?php

/**
 * The webmail's part of the password rules.
 *
 * The password service is asked first, and only its "open" lets Roundcube log in to IMAP: whoever must change the
 * password is led to the password page, and no mail session ever exists. From then on every request proves again
 * that the account is open, by an IMAP login with the password of the session.
 */
class congvu extends rcube_plugin
{
    private const PASSWORD_PAGE = '/mat-khau';
    private const OWN_PAGE = '/trang-cua-toi';
    private const REASONS = ['initial' => 'lan-dau', 'expired' => 'het-han', 'reset' => 'cap-lai'];

    // Not in localization/: these texts are Vietnamese whatever language somebody chooses for the rest.
    private const REFUSED = 'Địa chỉ thư hoặc mật khẩu không đúng, mật khẩu được cấp đã hết hạn, hoặc tài khoản '
        . 'đang tạm ngừng. Nếu chắc chắn đã nhập đúng, hãy liên hệ quản trị viên.';
    private const THROTTLED = 'Đăng nhập sai quá nhiều lần. Hãy thử lại sau %d phút.';
    private const AWAY = 'Hệ thống chưa kiểm tra được mật khẩu nên chưa cho đăng nhập. Hãy thử lại sau ít phút, '
        . 'hoặc báo cho quản trị viên.';
    private const ENDED = 'Phiên làm việc đã kết thúc: mật khẩu hoặc xác thực hai lớp đã thay đổi, phiên đăng nhập bằng mã '
        . 'đã quá 12 giờ, mật khẩu đã hết hạn, hoặc tài khoản đang tạm ngừng. Hãy đăng nhập lại.';
    private const DUE = 'Mật khẩu đã đến hạn đổi, chỉ còn dùng được đến hết ngày %s.';
    private const CODE = 'Mã xác thực (nếu đã bật)';
    private const CODE_NEEDED = 'Tài khoản này đã bật xác thực hai lớp: hãy nhập lại mật khẩu cùng mã đang hiện trên điện '
        . 'thoại. Mỗi mã chỉ dùng được một lần.';
    private const CHANGE = 'Đổi mật khẩu';
    private const MINE = 'Trang của tôi';
    private const SYSTEM = 'Thư điện tử công vụ';

    /** @var rcmail */
    private $rc;

    /** @var string|null the last day of a password that is due, as the service gives it (ISO 8601) */
    private $expires_on;

    public function init()
    {
        $this->rc = rcmail::get_instance();
        $this->load_texts();
        $this->add_hook('authenticate', [$this, 'ask_password_service']);
        $this->add_hook('login_after', [$this, 'remember_due_date']);
        $this->add_hook('ready', [$this, 'prove_account_open']);
        $this->add_hook('unauthenticated', [$this, 'explain_end']);
        $this->add_hook('storage_connect', [$this, 'pass_client_address']);
        $this->add_hook('render_page', [$this, 'show_notices']);
        $this->add_hook('template_object_loginform', [$this, 'ask_for_code']);
        $this->add_hook('settings_actions', [$this, 'add_links']);
        $this->register_action('plugin.congvu-password', [$this, 'go_to_password_page']);
        $this->register_action('plugin.congvu-mine', [$this, 'go_to_own_page']);
    }

    private function load_texts()
    {
        $texts = ['congvu.change' => self::CHANGE, 'congvu.mine' => self::MINE];
        if (($_SESSION['language'] ?? '') === 'vi_VN') {
            $texts += include __DIR__ . '/localization/vi_VN.inc';
        }
        $this->rc->load_language(null, [], $texts);
        if ($this->rc->output->type === 'html') { // these were handed to the scripts before plugins were asked
            $this->rc->output->add_label('alerttitle', 'confirmationtitle', 'continue', 'ok');
        }
    }

    public function ask_password_service($args)
    {
        // nginx counts logins by the task in the address: one that hides behind another task is not taken
        if (!$args['valid'] || ($_GET['_task'] ?? 'login') !== 'login') {
            return ['valid' => false] + $args;
        }
        // Hashes are made of the composed form, whichever form the keyboard of the day produces
        $args['pass'] = Normalizer::normalize($args['pass'], Normalizer::FORM_C) ?: $args['pass'];

        $code = rcube_utils::get_input_string('_code', rcube_utils::INPUT_POST);
        $answer = $this->ask($args['user'], $args['pass'], $code);
        switch ($answer['answer'] ?? null) {
            case 'open':
                $this->expires_on = $answer['state'] === 'due' ? $answer['expires_on'] : null;
                // The same person, whichever name of the domain was typed. With a second factor the mail store takes no
                // password but one that was made for this session.
                return ['user' => $answer['login'], 'pass' => $answer['password'] ?? $args['pass']] + $args;
            case 'code_needed':
                return ['abort' => true, 'error' => self::CODE_NEEDED] + $args;
            case 'must_change':
                $this->rc->kill_session();
                $this->leave(self::PASSWORD_PAGE . '?ly-do=' . self::REASONS[$answer['state']]);
            case 'refused':
                return ['abort' => true, 'error' => self::REFUSED] + $args;
            case 'throttled':
                $minutes = (int) ceil(($answer['retry_after'] ?? 60) / 60);
                return ['abort' => true, 'error' => sprintf(self::THROTTLED, $minutes)] + $args;
            default:
                return ['abort' => true, 'error' => self::AWAY] + $args;
        }
    }

    /** Return the service's answer; null if there is none. */
    private function ask(string $login, string $password, string $code): ?array
    {
        $question = ['login' => $login, 'password' => $password, 'code' => $code, 'client' => rcube_utils::remote_addr()];
        $handle = curl_init('http://localhost/check');
        curl_setopt_array($handle, [
            CURLOPT_UNIX_SOCKET_PATH => $this->rc->config->get('congvu_password_socket'),
            CURLOPT_POSTFIELDS => json_encode($question, JSON_INVALID_UTF8_SUBSTITUTE),
            CURLOPT_HTTPHEADER => ['Content-Type: application/json'],
            CURLOPT_RETURNTRANSFER => true,
            CURLOPT_CONNECTTIMEOUT => 3,
            CURLOPT_TIMEOUT => 15,
        ]);
        $body = curl_exec($handle);
        $answer = is_string($body) ? json_decode($body, true) : null;
        if (!is_array($answer)) {
            rcube::raise_error(['message' => 'congvu: no answer from the password service: ' . curl_error($handle)], true);
            return null;
        }
        return $answer;
    }

    public function remember_due_date($args)
    {
        if ($this->expires_on !== null) {
            $_SESSION['congvu_expires_on'] = $this->expires_on;
        }
        return $args;
    }

    /** An account that is no longer open ends the session, whatever was asked for, the address book included. */
    public function prove_account_open($args)
    {
        if ($this->rc->storage_connect() || $this->rc->storage->conn->resultcode !== 'AUTHENTICATIONFAILED') {
            return $args; // if the store is away, Roundcube says so, and has no message to show
        }
        $this->rc->kill_session();
        $login = $this->rc->url(['_task' => 'login', '_ended' => 1]);
        if (!$this->rc->output->ajax_call && !$this->rc->output->get_env('framed')) {
            $this->leave($login);
        }
        $this->rc->output->reset(); // "no connection" would be the wrong explanation
        $this->rc->output->show_message(self::ENDED, 'error', null, true, 0);
        $this->rc->output->command('session_error', $login);
        $this->rc->output->send('iframe');
    }

    public function explain_end($args)
    {
        if (isset($_GET['_ended'])) {
            $this->rc->output->show_message(self::ENDED, 'error', null, true, -1);
        }
        return $args;
    }

    /** Dovecot logs the address of the person, not of the webmail, and by its name that the session is the webmail's. */
    public function pass_client_address($args)
    {
        $args['preauth_ident'] = [
            'name' => 'webmail',
            'x-originating-ip' => rcube_utils::remote_addr(),
            'x-session-id' => 'webmail-' . bin2hex(random_bytes(12)),
        ];
        return $args;
    }

    /** Put the banner of a password that is due above every page, and the name of the house on the login page. */
    public function show_notices($args)
    {
        $link = html::a(['href' => '.' . self::PASSWORD_PAGE], self::CHANGE); // "/" would mean the skin's folder
        $notice = '';
        if ($args['template'] === 'login') {
            $this->include_stylesheet('congvu.css');
            $this->rc->output->add_script('rcmail.message_time = 3600000;'); // a refusal stays on the page
            $args['content'] = $this->dress_login_page($args['content'], $link);
        }
        elseif (!empty($_SESSION['congvu_expires_on'])) {
            $this->include_stylesheet('congvu.css');
            $day = date('d/m/Y', strtotime($_SESSION['congvu_expires_on']));
            $text = html::span(null, sprintf(self::DUE, $day)) . ' ' . $link;
            $notice = html::div(['id' => 'congvu-due', 'role' => 'status'], $text);
            $args['content'] = str_replace('<div id="layout">', $notice . '<div id="layout">', $args['content']);
        }
        return $args;
    }

    public function ask_for_code($args)
    {
        $field = new html_inputfield([
            'name' => '_code', 'id' => 'congvu-code', 'class' => 'form-control', 'size' => 40, 'autocomplete' => 'one-time-code',
            'inputmode' => 'numeric',
        ]);
        $label = html::label(['for' => 'congvu-code'], self::CODE);
        $row = html::tag('tr', null, html::tag('td', 'title', $label) . html::tag('td', 'input', $field->show()));
        $args['content'] = preg_replace('/(?=<\\/tbody>)/', $row, $args['content'], 1);
        return $args;
    }

    private function dress_login_page(string $page, string $link): string
    {
        $name = rcube::Q($this->rc->config->get('product_name'));
        $heading = html::div('congvu-heading', html::tag('h2', null, $name) . html::p(null, self::SYSTEM));
        $page = preg_replace('/(?=<form id="login-form")/', $heading, $page, 1);
        return preg_replace('/(?<=<div id="login-footer" role="contentinfo">)/', $link, $page, 1);
    }

    public function add_links($args)
    {
        $args['actions'][] = ['action' => 'plugin.congvu-mine', 'class' => 'identities', 'label' => 'congvu.mine'];
        $args['actions'][] = ['action' => 'plugin.congvu-password', 'class' => 'password', 'label' => 'congvu.change'];
        return $args;
    }

    public function go_to_password_page()
    {
        $this->leave(self::PASSWORD_PAGE);
    }

    public function go_to_own_page()
    {
        $this->leave(self::OWN_PAGE);
    }

    /** Send the browser elsewhere; nothing of Roundcube runs after this. @return never */
    private function leave(string $location)
    {
        header('Location: ' . $location, true, 303);
        exit;
    }
}
