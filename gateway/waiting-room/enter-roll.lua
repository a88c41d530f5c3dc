-- Enters a place into the roll of the draw, until the pre-queue has closed. Repeating it changes nothing.
-- ARGV[2] index   ARGV[3] leaf, 32 bytes
if not settings.closes_at or rolled then return 0 end
redis.call('SETRANGE', KEYS[12], tonumber(ARGV[2]) * 32, ARGV[3])
return 1
