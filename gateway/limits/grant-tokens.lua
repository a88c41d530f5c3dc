-- Grants tokens of one caller's bucket in one class, as many as are wanted or as there are, and says when more are due.
-- A bucket holds `max` tokens and fills up evenly within one window, on Redis' clock; one request takes one token.
-- It guarantees that in any t ms all gateways together admit at most max + max * t / window requests, although granted
-- tokens may lie in a gateway for a while: all that were granted since the first of them lapse together, until then the
-- bucket does not fill up beyond what would be there with all of them unused, and at the lapse it stands as if all had been
-- used only then. So what lies in gateways is never on top of a bucket that is full again.
-- KEYS[1]  the bucket, gone by itself when it is full
-- ARGV[1]  max   ARGV[2] window in ms   ARGV[3] tokens wanted, 0 to look only
-- ARGV[4]  ms after which tokens lapse; 0 where each is used at once
-- Returns {granted, tokens left in the bucket, ms until the granted ones lapse, ms until the bucket is full, ms until the
-- next token is due: 0 when there is one}
local max, window, wanted, life = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local perMs = max / window
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000

-- owed: tokens taken and not grown again; leased: those of them that may still lie in gateways
local at, owed, leased, lapse = now, 0, 0, now
local bucket = redis.call('GET', KEYS[1])
if bucket then
  local stored = cjson.decode(bucket)
  at, owed, leased, lapse = stored[1], stored[2], stored[3], stored[4]
end
-- A replica that has become the master may be behind by its clock.
owed = math.max(leased, owed - math.max(0, math.min(now, lapse) - at) * perMs)
if now >= lapse then
  owed = math.max(0, owed - (now - lapse) * perMs)
  leased, lapse = 0, now + life
end

-- What rounding may have taken from a whole token.
local almost = 0.000001
local granted = math.max(0, math.min(wanted, math.floor(max - owed + almost)))
owed, leased = owed + granted, leased + granted
local left = math.max(0, math.floor(max - owed + almost))
local untilOwed = function (tokens)
  local held = leased > tokens and lapse - now + (leased - tokens) / perMs or 0
  return math.ceil(math.max(held, (owed - tokens) / perMs, 0))
end
if granted > 0 then
  local stored = string.format('[%.3f,%.6f,%d,%.3f]', now, owed, leased, lapse)
  redis.call('SET', KEYS[1], stored, 'PX', math.max(1, untilOwed(0)))
end
return {granted, left, math.floor(lapse - now), untilOwed(0), left > 0 and 0 or math.max(1, untilOwed(max - 1))}
