<?php

/**
 * The mailboxes of units and offices in the webmail.
 *
 * At each login: their folders, as far as the mail store shows them to the person, are subscribed, and the person has
 * one identity for each box as which the directory lets them send, under the name of the unit. By that name the box is
 * shown among the folders, too, and its own folders by the words of the language. All identities have the address that
 * is in force: after a merger or a renaming, of the domain's new name. What is before the @ stays, and tells them apart.
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
        $this->add_hook('identity_select', [$this, 'answer_as_addressed']);
    }

    public function provide_boxes($args)
    {
        $this->subscribe_folders();
        $senders = $this->senders();
        if ($senders !== null) {
            $this->provide_identities($senders);
        }
        return $args;
    }

    public function name_folders($args)
    {
        $names = [];
        foreach ($this->rc->user->list_identities() as $identity) {
            $names[self::local($identity['email'])] = $identity['name'];
        }
        foreach ($args['list'] as &$folder) {
            if ($folder['id'] !== $this->top()) {
                continue;
            }
            foreach ($folder['folders'] as &$box) {
                $box['name'] = $names[self::local($box['name'])] ?? $box['name'];
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

    /** A message to any name of the domain is answered by the identity whose address it is. */
    public function answer_as_addressed($args)
    {
        if ($args['selected'] !== null || !is_object($args['message'])) {
            return $args;
        }
        $headers = $args['message']->headers;
        $numbers = [];
        foreach ($args['identities'] as $number => $identity) {
            $numbers[self::local($identity['email_ascii'])] = $number;
        }
        $written = implode(',', array_filter([$headers->to, $headers->cc, $headers->from]));
        foreach (rcube_mime::decode_address_list($written, null, true, null, true) as $address) {
            $ours = in_array(strtolower(substr(strrchr($address, '@'), 1)), $this->rc->config->get('congvu_domains'), true);
            if ($ours && isset($numbers[self::local($address)])) {
                return ['selected' => $numbers[self::local($address)]] + $args;
            }
        }
        return $args;
    }

    private static function local(string $address): string
    {
        return strtolower((string) strstr($address . '@', '@', true));
    }

    /**
     * Return address and name of all that the person sends as, by what is before the @; a name of null is the person's
     * own affair. Null if the directory does not answer.
     */
    private function senders(): ?array
    {
        $own = $this->rc->get_user_name();
        $db = rcube_db::factory($this->rc->config->get('congvu_directory_dsn'));
        $found = $db->query("SELECT present_address(?) AS address, 'person' AS kind, NULL AS unit UNION ALL"
            . ' SELECT address, kind, unit FROM box_identity WHERE login = ?', $own, $own);
        if ($db->is_error($found)) {
            rcube::raise_error(['message' => 'congvu_boxes: the directory does not say who sends as what'], true);
            return null;
        }
        $senders = [];
        while ($row = $db->fetch_assoc($found)) {
            $name = $row['kind'] === 'office' ? $this->rc->config->get('product_name') : $row['unit'];
            $senders[self::local($row['address'])] = ['email' => $row['address'], 'name' => $name];
        }
        return $senders;
    }

    /** The name is the unit's. The signature, and which identity is the default, stay as the person left them. */
    private function provide_identities(array $senders): void
    {
        foreach ($this->rc->user->list_identities() as $identity) {
            $local = self::local($identity['email']);
            if (!isset($senders[$local])) {
                $this->rc->user->delete_identity($identity['identity_id']);
                continue;
            }
            $due = array_filter($senders[$local], fn ($value) => $value !== null);
            if ($changed = array_diff_assoc($due, $identity)) {
                $this->rc->user->update_identity($identity['identity_id'], $changed);
            }
            unset($senders[$local]);
        }
        foreach ($senders as $sender) {
            $this->rc->user->insert_identity(['standard' => 0, 'name' => (string) $sender['name']] + $sender);
        }
    }
}
