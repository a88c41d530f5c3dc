-- Enters a place into the roll of the draw, until the pre-queue has closed. Idempotent. Returns 1 if the roll has the place.
-- ARGV[2] index   ARGV[3] leaf, 32 bytes
local first = tonumber(ARGV[2]) * 32
if not settings.closes_at or rolled then
  return redis.call('GETRANGE', KEYS[12], first, first + 31) == ARGV[3] and 1 or 0
end
redis.call('SETRANGE', KEYS[12], first, ARGV[3])
return 1
