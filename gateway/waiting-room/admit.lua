-- Turns a call into a session. A second rate clock limits sessions: the calls of a minute could all be claimed in one second.
-- ARGV[2] index
-- Returns {state, number, ahead, ms}, with a session {'admitted', number, began, ms}, or {'wait', number, 0, ms to wait}.
advance()
local number = numberOf(tonumber(ARGV[2]))
local place = describe(number)
if place[1] == 'called' then
  local wait = waitFor(admitTat)
  if wait > 0 then
    redis.call('ZADD', KEYS[2], 'GT', now + wait + settings.claim_ms, number)
    store()
    return {'wait', number, 0, wait}
  end
  admitTat = math.max(admitTat, now) + interval
  redis.call('ZREM', KEYS[2], number)
  redis.call('ZADD', KEYS[3], now + math.min(settings.idle_ms, settings.session_ms), number)
  redis.call('HSET', KEYS[4], number, now)
  redis.call('SETBIT', KEYS[8], number, 1)
  redis.call('XADD', KEYS[11], 'MAXLEN', '~', journalLength, '*', 'number', number, 'at', now, 'serving', serving,
    'active', redis.call('ZCARD', KEYS[3]), 'max_active', settings.max_active, 'per_minute', settings.calls_per_minute)
  place = describe(number)
end
store()
if place[1] == 'admitted' then place[3] = tonumber(redis.call('HGET', KEYS[4], number)) end
return place
