<?php

/**
 * The mailboxes of units and offices in the webmail.
 *
 * At each login: their folders, as far as the mail store shows them to the person, are subscribed, and the person has
 * one identity for each box as which the directory lets them send, under the name of the unit. By that name the box is
 * shown among the folders, too, and its own folders by the words of the language.
 */
class congvu_boxes extends rcube_plugin
{
    /** Names in the mail store, and the webmail's words for what they are. */
    private const KINDS = ['Drafts' => 'drafts', 'Junk' => 'junk', 'Sent' => 'sent', 'Trash' => 'trash'];

    public $task = 'login|mail|settings';

    /** @var rcmail */
    private $rc;

    public function init()
    {
        $this->rc = rcmail::get_instance();
        $this->add_hook('login_after', [$this, 'provide_boxes']);
        $this->add_hook('render_mailboxlist', [$this, 'name_folders']);
    }

    public function provide_boxes($args)
    {
        $this->subscribe_folders();
        $names = $this->names_to_send_as();
        if ($names !== null) {
            $this->provide_identities($names);
        }
        return $args;
    }

    public function name_folders($args)
    {
        $names = array_column($this->rc->user->list_identities(), 'name', 'email');
        foreach ($args['list'] as &$folder) {
            if ($folder['id'] !== $this->top()) {
                continue;
            }
            foreach ($folder['folders'] as &$box) {
                $box['name'] = $names[$box['name']] ?? $box['name'];
                foreach ($box['folders'] as &$inside) {
                    if ($kind = self::KINDS[$inside['name']] ?? null) {
                        $inside['name'] = $this->rc->gettext($kind);
                        $inside['class'] = $kind;
                    }
                }
            }
        }
        return $args;
    }

    /** The folder above all boxes, as the mail store writes it. */
    private function top(): string
    {
        return rcube_charset::convert($this->rc->config->get('congvu_boxes_prefix'), RCUBE_CHARSET, 'UTF7-IMAP');
    }

    private function subscribe_folders(): void
    {
        $pattern = $this->top() . '/*';
        $storage = $this->rc->get_storage();
        $shown = $storage->list_folders_direct('', $pattern) ?: [];
        $new = array_diff($shown, $storage->list_folders_subscribed_direct('', $pattern) ?: []);
        if ($new) {
            $storage->subscribe(array_values($new));
        }
    }

    /** Return the name of each box by its address; null if the directory does not answer. */
    private function names_to_send_as(): ?array
    {
        $db = rcube_db::factory($this->rc->config->get('congvu_directory_dsn'));
        $found = $db->query('SELECT address, kind, unit FROM box_identity WHERE login = ?', $this->rc->get_user_name());
        if ($db->is_error($found)) {
            rcube::raise_error(['message' => 'congvu_boxes: the directory does not say who sends as what'], true);
            return null;
        }
        $names = [];
        while ($row = $db->fetch_assoc($found)) {
            $office = $row['kind'] === 'office';
            $names[$row['address']] = $office ? $this->rc->config->get('product_name') : $row['unit'];
        }
        return $names;
    }

    /** The name is the unit's. The signature, and which identity is the default, stay as the person left them. */
    private function provide_identities(array $names): void
    {
        $own = $this->rc->get_user_name();
        foreach ($this->rc->user->list_identities() as $identity) {
            [$id, $address] = [$identity['identity_id'], $identity['email']];
            if ($address !== $own && !isset($names[$address])) {
                $this->rc->user->delete_identity($id);
            } elseif (isset($names[$address]) && $identity['name'] !== $names[$address]) {
                $this->rc->user->update_identity($id, ['name' => $names[$address]]);
            }
            unset($names[$address]);
        }
        foreach ($names as $address => $name) {
            $this->rc->user->insert_identity(['name' => $name, 'email' => $address, 'standard' => 0]);
        }
    }
}
