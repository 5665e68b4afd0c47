--
-- Managed by Ansible (congvu): congvu.lua.j2. Changes made here by hand are undone.
--
-- Rules that no module of Rspamd has. Their settings: section `congvu` of rspamd.conf.
--
--   SENDER_NOT_ALLOWED  from a login: header From and Sender name an address that this login may use
--   SCRIPT_NOT_ALLOWED  from a Sieve script: an answer comes from the mailbox that the script belongs to
--   OWN_DOMAIN_FORGED   from elsewhere: a header From of our domains needs a valid DKIM signature of ours
--   SUBMISSION_LIMIT    from a login: so many messages within any 60 minutes
--   SCAN_UNFINISHED     the virus scanner did not say of every part what it thinks of it
--
-- And of each message one line of JSON in the journal, as evidence: whose it is and what became of it, never what it says.

local lua_redis = require "lua_redis"
local lua_util = require "lua_util"
local parsers = require "rspamd_parsers"
local rspamd_logger = require "rspamd_logger"
local rspamd_util = require "rspamd_util"
local ucl = require "ucl"

local settings = rspamd_config:get_all_opt("congvu")
local redis = lua_redis.parse_redis_server("congvu")
local senders_header = "X-Congvu-Senders"
local login_header = "X-Congvu-Sent-By"
local script_header = "X-Congvu-Script-Of"

-- The addresses in all headers of this name, lower case. First, how many there are for a parser; then every word that
-- looks like one, since a reader may take for the sender what a parser takes for a name or a fault.
local function header_addresses(task, name, without)
  local count, words = 0, {}
  for _, header in ipairs(task:get_header_full(name) or {}) do
    local parsed = parsers.parse_mail_address(header.value, task:get_mempool()) or {}
    count = count + math.max(#parsed, 1)
    for _, address in ipairs(parsed) do
      words[#words + 1] = (address.addr or ""):lower()
    end
    for word in (header.decoded or header.value):gsub(without or "^$", ""):gmatch("[^%s<>()%[%]:;,\"']+@[%w.-]+") do
      words[#words + 1] = word:lower()
    end
  end
  return count, words
end

local function envelope_sender(task)
  return (((task:get_from("smtp") or {})[1] or {}).addr or ""):lower()
end

-- The domain of ours to which the address belongs, or nil.
local function own_domain(address)
  local domain = address:match("@([^@]+)$") or ""
  for _, own in ipairs(settings.domains) do
    if domain == own or lua_util.str_endswith(domain, "." .. own) then
      return own
    end
  end
end

-- Two spellings of one address: our domains are names of each other.
local function same(one, other)
  local local_part = one:match("^(.*)@")
  return one == other
    or (local_part ~= nil and local_part == other:match("^(.*)@") and own_domain(one) ~= nil and own_domain(other) ~= nil)
end

-- The login that sends, or nil. Postfix knows it by the key that it came with: LOGIN/KEY.
local function login_of(task)
  local user = task:get_user()
  return user and user:lower():match("^[^/]*")
end

-- Postfix calls itself "sendmail" in what comes from its own sendmail command, which few users may run.
local function by_command(task)
  return tostring(task:get_request_header("MTA-Name")) == "sendmail"
end

local function first(task, name)
  return (task:get_header_full(name) or {})[1]
end

-- The addresses of the mailbox whose Sieve script sends, or nil. The mail store writes them above all that it sends (role
-- dovecot); from elsewhere no such header gets this far.
local function script_of(task)
  local mark = by_command(task) and first(task, script_header)
  return mark and mark.value:lower()
end

-- Ours to write, nobody else's: no list of senders goes on from here, no mark as spam comes in from elsewhere. What is
-- sent under another address than that of the login says whose login it was, also after a mailing list handed it out.
local function set_marks(task)
  local login = login_of(task)
  local other = login and not same(envelope_sender(task), login)
  task:set_milter_reply {
    remove_headers = {
      [senders_header] = 0, [script_header] = 0, ["X-Spam"] = 0,
      [login_header] = (script_of(task) or not by_command(task)) and 0 or nil,
    },
    add_headers = other and { [login_header] = login } or nil,
  }
end

-- What of header From and Sender is not to be, or nil: each has one address at most, From has one, and it may be used.
local function foreign_sender(task, may_use)
  local refused
  for name, least in pairs({ From = 1, Sender = 0 }) do
    local count, words = header_addresses(task, name)
    if count < least or count > 1 or #words < least then
      refused = string.format("%d %s", count, name)
    end
    for _, address in ipairs(words) do
      if not may_use(address) then
        refused = name .. " " .. address
      end
    end
  end
  return refused
end

local function check_sender(task)
  local login, envelope = login_of(task), envelope_sender(task)
  if not login then
    return
  end
  -- Postfix writes all addresses that the login may use above the message (smtpd_data_restrictions); further headers
  -- of this name are the client's.
  -- As another than oneself only where the envelope says so as well: by it Postfix logs, and keeps a copy.
  local allowed = {}
  local list = first(task, senders_header) or { value = "" }
  for address in list.value:gmatch("%S+") do
    allowed[address:lower()] = true
  end
  local refused = foreign_sender(task, function(address)
    return allowed[address] and (same(address, login) or same(address, envelope))
  end)
  if refused then
    task:insert_result("SENDER_NOT_ALLOWED", 1.0, refused)
    task:set_pre_result("reject",
      "Người gửi ghi trong thư không thuộc tài khoản đăng nhập / "
        .. "Header From or Sender is not an address of this login", "congvu")
  end
end

-- By itself Sieve lets an answer bear any From (`:from`, `:addresses`, headers in `:mime`).
local function check_script(task)
  local mailbox = script_of(task)
  if not mailbox then
    return
  end
  -- Of several headers of a name the first is Dovecot's own: what a script makes up comes below.
  local from, onward, kind = first(task, "From"), first(task, "X-Sieve-Redirected-From"), first(task, "Auto-Submitted")
  if onward and not (from and from.order < onward.order) then
    return -- sent on as it came
  end
  local rejection = kind and kind.value:find("(rejected)", 1, true)
  local refused = foreign_sender(task, function(address)
    for own in mailbox:gmatch("[^%s,]+") do
      if same(address, own) then
        return true
      end
    end
    return rejection and address:match("^postmaster@") and own_domain(address)
  end)
  if refused then
    task:insert_result("SCRIPT_NOT_ALLOWED", 1.0, refused)
    task:set_pre_result("reject", "Header From or Sender is not an address of the mailbox that answers", "congvu")
  end
end

local function has_own_signature(task, domain)
  for _, signature in ipairs(((task:get_symbol("R_DKIM_ALLOW") or {})[1] or {}).options or {}) do
    if own_domain("@" .. signature:match("^[^:]*"):lower()) == domain then
      return true
    end
  end
end

local function check_forged(task)
  if login_of(task) or by_command(task) then
    return
  end
  -- Names in quotes may mention us: mailing lists write "an@our.domain via list" there.
  local _, words = header_addresses(task, "From", '"[^"]*"')
  for _, address in ipairs(words) do
    local domain = own_domain(address)
    if domain and not has_own_signature(task, domain) then
      task:insert_result("OWN_DOMAIN_FORGED", 1.0, address)
      local wait = task:has_symbol("R_DKIM_TEMPFAIL")
      task:set_pre_result(wait and "soft reject" or "reject",
        "Header From is an address of " .. domain .. ", but the message was not sent by its users", "congvu")
      return
    end
  end
end

-- Sliding window: one sorted set a login, the time of each message as its score.
local take_one = [[
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1] - 3600)
  if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
  redis.call('ZADD', KEYS[1], ARGV[1], ARGV[3])
  redis.call('EXPIRE', KEYS[1], 3600)
  return 1
]]
local take_one_id = lua_redis.add_redis_script(take_one, redis)

-- Last of all, so that only what would be sent counts. Without the counter mail waits: the module `ratelimit`
-- would let it pass, and would let twice the limit pass within an hour.
local function check_limit(task)
  local user = login_of(task)
  local action = task:get_metric_action()
  if not user or action == "reject" or action == "soft reject" then
    return
  end
  local function answered(err, taken)
    if err then
      task:insert_result("SUBMISSION_LIMIT", 1.0, "no counter")
      task:set_pre_result("soft reject", "The counter of sent messages is not available, try again later", "congvu")
    elseif taken ~= 1 then
      task:insert_result("SUBMISSION_LIMIT", 1.0, user)
      task:set_pre_result("soft reject",
        string.format("Đã gửi quá %d thư trong một giờ / More than %d messages within an hour",
          settings.messages_per_hour, settings.messages_per_hour), "congvu")
    end
  end
  -- By Postfix's queue id: Rspamd's own ids come in the same order in each of its processes.
  local key, message = "submissions:" .. user, task:get_queue_id()
  local sent = lua_redis.exec_redis_script(take_one_id, { task = task, key = key, is_write = true }, answered,
    { key }, { tostring(rspamd_util.get_time()), tostring(settings.messages_per_hour), message })
  if not sent then
    answered("not sent")
  end
end

-- Rspamd 3.12 breaks down over an answer of clamd that it does not expect, "... ERROR" on a full disk for example, and
-- goes on as if the part were clean. So scans are counted when they begin and when they conclude (save_cache).
local clamav, scanners = require "lua_scanners/clamav", require "lua_scanners/common"
local check, save_cache = clamav.check, scanners.save_cache

local function count(task, name, change)
  local so_far = (task:cache_get(name) or 0) + change
  task:cache_set(name, so_far)
  return so_far
end

clamav.check = function(task, ...)
  count(task, "scans_begun", 1)
  return check(task, ...)
end

scanners.save_cache = function(task, ...)
  count(task, "scans_concluded", 1)
  return save_cache(task, ...)
end

local function check_scans(task)
  if task:get_metric_action() ~= "reject" and count(task, "scans_begun", 0) > count(task, "scans_concluded", 0) then
    task:insert_result("SCAN_UNFINISHED", 1.0)
    task:set_pre_result("soft reject", "The virus scanner is not available, try again later", "congvu")
  end
end

-- What the evidence calls the reason of a refusal; of several, the first that holds.
local reasons = {
  "CLAM_VIRUS", "CLAM_VIRUS_FAIL", "SCAN_UNFINISHED", "SENDER_NOT_ALLOWED", "SCRIPT_NOT_ALLOWED", "OWN_DOMAIN_FORGED",
  "SUBMISSION_LIMIT",
}

local function tell(task)
  local rules, recipients = {}, task:get_recipients("smtp") or {}
  for _, name in ipairs(reasons) do
    if task:has_symbol(name) then
      rules[#rules + 1] = name
    end
  end
  rspamd_logger.infox(task, "%s", ucl.to_format({
    queue_id = task:get_queue_id(),
    user = login_of(task),
    ip = tostring(task:get_from_ip()),
    ["from"] = envelope_sender(task),
    to = #recipients == 1 and recipients[1].addr or nil,
    recipients = #recipients,
    bytes = task:get_size(),
    action = task:get_metric_action(),
    rules = rules,
    ["local"] = tostring(task:get_request_header("MTA-Name")) == "sendmail",
  }, "json-compact"))
end

-- A rule that breaks down makes mail wait; by itself Rspamd would go on without it.
local function register(name, kind, rule, description)
  local function callback(task)
    local done, fault = pcall(rule, task)
    if not done then
      rspamd_logger.errx(task, "%s broke down: %s", name, fault)
      task:set_pre_result("soft reject", "The mail filter is not available, try again later", "congvu")
    end
  end
  return rspamd_config:register_symbol {
    name = name, type = kind, callback = callback, description = description,
    score = 0.0, group = "congvu", flags = "nostat",
  }
end

register("MARKS_REMOVED", "prefilter", set_marks, "Headers that only this system writes")
register("SENDER_NOT_ALLOWED", "prefilter", check_sender, "Header From or Sender is not an address of this login")
register("SCRIPT_NOT_ALLOWED", "prefilter", check_script, "Header From of an answer is not the mailbox's own")
register("OWN_DOMAIN_FORGED", "normal", check_forged, "Header From pretends to be ours")
rspamd_config:register_dependency("OWN_DOMAIN_FORGED", "DKIM_CHECK")
register("SCAN_UNFINISHED", "postfilter", check_scans, "A part was not scanned for viruses to the end")
register("SUBMISSION_LIMIT", "postfilter", check_limit, "More messages within an hour than the policy allows")
rspamd_config:register_symbol {
  name = "EVIDENCE", type = "idempotent", callback = tell, flags = "empty,nostat,ignore_passthrough",
}
