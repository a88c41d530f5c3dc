-- Grants tokens of one bucket: at most the number wanted and the number available. Also says when more are due.
-- A bucket holds `max` tokens and fills evenly within one window, by the clock of Redis; a request takes one token. The first grant freezes
-- the bucket for a while: tokens that grow in this time are not granted.
-- * Tokens used at once: frozen for a window, so at most max requests are admitted in the window that begins with the first one.
-- * Leased tokens: frozen until the leases lapse, as if the tokens were used only then. So leases are never added to a bucket that has
--   filled again.
-- In both cases all gateways together admit at most max + max * t / window requests in any t ms.
-- KEYS[1]  the bucket; it expires when it is full
-- ARGV[1]  max   ARGV[2] window in ms   ARGV[3] tokens wanted, 0 to look only
-- ARGV[4]  ms to freeze it   ARGV[5] 1 for leased tokens, 0 for tokens used at once
-- ARGV[6]  requests that a gateway admitted alone during an outage; they are owed like all others
-- Returns {granted, tokens left in the bucket, ms until it is no longer frozen, ms until the bucket is full, ms until the
-- next token is due: 0 when there is one}
local max, window, wanted, freezeMs = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local leased, uncounted = ARGV[5] == '1', tonumber(ARGV[6])
local perMs = max / window
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000

-- owed: tokens taken and not grown again; frozen: tokens granted since the bucket was frozen
local at, owed, frozen, frozenUntil = now, 0, 0, now
local bucket = redis.call('GET', KEYS[1])
if bucket then
  local stored = cjson.decode(bucket)
  at, owed, frozen, frozenUntil = stored[1], stored[2], stored[3], stored[4]
end
local function grow(untilMs)
  -- The clock of a promoted replica may be behind.
  owed = math.max(0, owed - math.max(0, untilMs - at) * perMs)
  at = untilMs
end
grow(math.min(now, frozenUntil))
if now >= frozenUntil then
  if leased then owed = math.max(owed, frozen) end
  grow(now)
  frozen, frozenUntil = 0, now + freezeMs
end

owed, frozen = owed + uncounted, frozen + uncounted

-- Rounding tolerance: `owed` is stored with six decimals.
local almost = 0.000001
local granted = math.max(0, math.min(wanted, math.floor(max - math.max(owed, frozen) + almost)))
owed, frozen = owed + granted, frozen + granted
local left = math.max(0, math.floor(max - math.max(owed, frozen) + almost))
local function untilOwed(tokens)
  local grown = math.max(0, owed - tokens) / perMs
  if frozen <= tokens then return math.ceil(grown) end
  return math.ceil(math.max(grown, frozenUntil - now + (leased and (frozen - tokens) / perMs or 0)))
end
if granted + uncounted > 0 then
  local stored = string.format('[%.3f,%.6f,%d,%.3f]', now, owed, frozen, frozenUntil)
  redis.call('SET', KEYS[1], stored, 'PX', math.max(1, untilOwed(0)))
end
return {granted, left, math.floor(frozenUntil - now), untilOwed(0), left > 0 and 0 or math.max(1, untilOwed(max - 1))}
