-- The current state of a place. The caller has shown its signed id: a place that Redis has lost is restored at its index.
-- KEYS[13] hash of callers -> index   ARGV[2] digest of the caller   ARGV[3] index
-- Returns {index, state, number, ahead, ms}. The index differs if the caller has an older place.
local index = tonumber(ARGV[3])
local known = tonumber(redis.call('HGET', KEYS[13], ARGV[2]) or nil)
local number = numberOf(index)
if known and known ~= index and (known < index or isGone(number)) then
  index, number = known, numberOf(known)
elseif not isGone(number) and (known ~= index or isMissing(number)) then
  -- Lost with the last second of Redis or all of its data; or a hole of the draw.
  if known and known ~= index then redis.call('SETBIT', KEYS[8], numberOf(known), 1) end
  redis.call('HSET', KEYS[13], ARGV[2], index)
  bringBack(number)
end
if redis.call('ZREM', KEYS[6], number) == 1 then redis.call('ZADD', KEYS[7], number, number) end
-- Near the front: called within a minute. Numbers in gaps take no time.
if number > serving and number - serving - missingBefore(number) <= math.max(settings.calls_per_minute, 10) then
  redis.call('ZADD', KEYS[5], now, number)
end
redis.call('EXPIRE', KEYS[13], keptSeconds)
redis.call('ZREMRANGEBYSCORE', KEYS[5], '-inf', now - 2 * presentMs)
advance()
store()
return {index, unpack(describe(number))}
