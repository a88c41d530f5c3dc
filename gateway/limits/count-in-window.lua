-- Counts one request in the caller's window and says how many were made and when the window ends.
-- A window begins with its first request, so a limit of N never admits more than N in one window, on any number of
-- gateways; one counter a caller, gone when its window is over.
-- KEYS[1] counter of caller and class   ARGV[1] length of the window in ms
-- Returns {requests in this window including this one, ms until it ends}
local count = redis.call('INCR', KEYS[1])
if count == 1 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  return {count, tonumber(ARGV[1])}
end
return {count, redis.call('PTTL', KEYS[1])}
