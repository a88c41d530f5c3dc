-- Grants tokens of one caller's bucket in one class, as many as are wanted or as there are, and says when more are due.
-- A bucket holds `max` tokens and fills up evenly within one window, on Redis' clock; one request takes one token. It is
-- frozen from the first grant for a while: until then it has at most what would be there had nothing grown since.
-- * Where tokens are used at once, it is frozen for a window, so of the requests in the window that begins with a caller's first
--   one at most max are admitted.
-- * Where they are leased to gateways, it is frozen until all of them lapse, and at that moment it stands as if they had been
--   used only then. So what lies in gateways is never on top of a bucket that is full again.
-- Either way all gateways together admit at most max + max * t / window requests in any t ms.
-- KEYS[1]  the bucket, gone by itself when it is full
-- ARGV[1]  max   ARGV[2] window in ms   ARGV[3] tokens wanted, 0 to look only
-- ARGV[4]  for how many ms it is frozen   ARGV[5] 1 where tokens are leased to gateways, 0 where they are used at once
-- ARGV[6]  requests that a gateway admitted without asking, while it did not reach us; they are owed like the others
-- Returns {granted, tokens left in the bucket, ms until it is no longer frozen, ms until the bucket is full, ms until the
-- next token is due: 0 when there is one}
local max, window, wanted, freezeMs = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local leased, unasked = ARGV[5] == '1', tonumber(ARGV[6])
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
  -- A replica that has become the master may be behind by its clock.
  owed = math.max(0, owed - math.max(0, untilMs - at) * perMs)
  at = untilMs
end
grow(math.min(now, frozenUntil))
if now >= frozenUntil then
  if leased then owed = math.max(owed, frozen) end
  grow(now)
  frozen, frozenUntil = 0, now + freezeMs
end

owed, frozen = owed + unasked, frozen + unasked

-- What rounding may have taken from a whole token: `owed` is kept with six decimals.
local almost = 0.000001
local granted = math.max(0, math.min(wanted, math.floor(max - math.max(owed, frozen) + almost)))
owed, frozen = owed + granted, frozen + granted
local left = math.max(0, math.floor(max - math.max(owed, frozen) + almost))
local function untilOwed(tokens)
  local grown = math.max(0, owed - tokens) / perMs
  if frozen <= tokens then return math.ceil(grown) end
  return math.ceil(math.max(grown, frozenUntil - now + (leased and (frozen - tokens) / perMs or 0)))
end
if granted + unasked > 0 then
  local stored = string.format('[%.3f,%.6f,%d,%.3f]', now, owed, frozen, frozenUntil)
  redis.call('SET', KEYS[1], stored, 'PX', math.max(1, untilOwed(0)))
end
return {granted, left, math.floor(frozenUntil - now), untilOwed(0), left > 0 and 0 or math.max(1, untilOwed(max - 1))}
