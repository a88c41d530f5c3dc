-- Extends a session whose pass was shown. Restores a session that Redis has lost.
-- ARGV[2] index   ARGV[3] ms at which it began
-- Returns 1 while the session is active, else 0.
local number, began = numberOf(tonumber(ARGV[2])), tonumber(ARGV[3])
local isKnown = redis.call('ZSCORE', KEYS[3], number)
if not isKnown and isGone(number) then return 0 end
local lastsUntil = math.min(now + settings.idle_ms, began + settings.session_ms)
if lastsUntil <= now then return 0 end
if not isKnown then
  redis.call('XADD', KEYS[11], 'MAXLEN', '~', journalLength, '*', 'number', number, 'restored_until', began + settings.session_ms)
end
redis.call('ZADD', KEYS[3], lastsUntil, number)
redis.call('HSET', KEYS[4], number, began)
redis.call('SETBIT', KEYS[8], number, 1)
return 1
