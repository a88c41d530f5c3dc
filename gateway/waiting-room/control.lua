-- Takes a gateway's report of its load, and once a second sets the rate of calls by those of all gateways: it falls while many calls to
-- booking workers are under way, holds take long or one was refused as too much, and rises again slowly. It is between one a second
-- and the rate of the settings, never above that, and begins with a quarter of it. Once a second as well, all keys of the room are kept for
-- another week.
-- KEYS[13] load hash: gateway -> its last report, as JSON
-- ARGV[2] name of the gateway   ARGV[3] its report as JSON: pending, holds, median_ms, overloaded
-- Answers {calls a minute, calls under way * 100, median of holds in ms}, both of them smoothed.

-- Calls under way that two processors of PostgreSQL take without a queue, and the median of holds that buyers do not notice.
local mostPending, longestMedianMs = 16, 150
local smoothMs = 3000
-- Of a gateway that has not told anything since nothing is known.
local lapseMs = 3000

local report = cjson.decode(ARGV[3])
report.at = now
redis.call('HSET', KEYS[13], ARGV[2], cjson.encode(report))
redis.call('EXPIRE', KEYS[13], 60)

local before = redis.call('HMGET', KEYS[1], 'controlled_at', 'pending', 'median_ms')
local controlledAt, pending, median = tonumber(before[1] or 0), tonumber(before[2] or 0), tonumber(before[3] or 0)
local elapsed = now - controlledAt
if elapsed < 0 or elapsed >= 1000 then
  local sum, holds, holdMs, overloaded = 0, 0, 0, false
  local reports = redis.call('HGETALL', KEYS[13])
  for at = 1, #reports, 2 do
    local told = cjson.decode(reports[at + 1])
    if math.abs(now - told.at) > lapseMs then
      redis.call('HDEL', KEYS[13], reports[at])
    else
      sum, holds, holdMs = sum + told.pending, holds + told.holds, holdMs + told.holds * told.median_ms
      overloaded = overloaded or told.overloaded
    end
  end
  local weight = elapsed < 0 and 1 or 1 - math.exp(-elapsed / smoothMs)
  pending = pending + weight * (sum - pending)
  median = median + weight * ((holds == 0 and 0 or holdMs / holds) - median)
  if isOpen and settings.adaptive then
    local spare = math.min((mostPending - pending) / mostPending, (longestMedianMs - median) / longestMedianMs)
    if overloaded then spare = -1 end
    rate = rateWithin(rate * (1 + (spare > 0 and 0.05 * spare or math.max(-0.2, 0.2 * spare))))
  end
  redis.call('HSET', KEYS[1], 'controlled_at', now, 'pending', string.format('%.3f', pending),
    'median_ms', string.format('%.1f', median), 'rate', string.format('%.3f', rate))
  for key = 1, 12 do redis.call('EXPIRE', KEYS[key], keptSeconds) end
end
return {math.ceil(rate), math.floor(pending * 100 + 0.5), math.floor(median + 0.5)}
