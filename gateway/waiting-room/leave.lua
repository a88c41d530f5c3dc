-- Ends a place or session permanently, by its index: the buyer has left or bought. Its slot is free at once.
-- ARGV[2] index
local number = numberOf(tonumber(ARGV[2]))
for _, key in ipairs({2, 3, 5, 6, 7}) do redis.call('ZREM', KEYS[key], number) end
redis.call('HDEL', KEYS[4], number)
redis.call('SETBIT', KEYS[8], number, 1)
advance()
store()
return 1
