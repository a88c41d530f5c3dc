-- Stores a gateway's load report. Once a second, sets the rate of calls from the reports of all gateways: the rate falls while many calls
-- to booking workers are in flight, holds are slow or a hold was refused because of overload, and rises slowly otherwise. It starts at a
-- quarter of the settings' rate and stays between one a second and that rate. Once a second it also keeps all keys of the room for another
-- week.
-- KEYS[13] load hash: gateway -> its last report, as JSON
-- ARGV[2] name of the gateway   ARGV[3] its report as JSON: pending, holds, median_ms, overloaded
-- Returns {calls a minute, calls in flight * 100, median of holds in ms}; the last two are smoothed.

-- Calls in flight that PostgreSQL serves without a queue on two processors, and the median of holds that buyers do not notice.
local mostPending, longestMedianMs = 16, 150
local smoothMs = 3000
-- A report older than this is ignored: the gateway's load is unknown.
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
    local received = cjson.decode(reports[at + 1])
    if math.abs(now - received.at) > lapseMs then
      redis.call('HDEL', KEYS[13], reports[at])
    else
      sum, holds, holdMs = sum + received.pending, holds + received.holds, holdMs + received.holds * received.median_ms
      overloaded = overloaded or received.overloaded
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
