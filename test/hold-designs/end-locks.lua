-- Lets those locks that are still the hold's end after a while, or at once.
-- KEYS one a seat   ARGV[1] hold id   ARGV[2] ms until they end; 0 is at once
-- Returns how many there were
local count = 0
for _, key in ipairs(KEYS) do
  if redis.call('GET', key) == ARGV[1] then count = count + redis.call('PEXPIRE', key, ARGV[2]) end
end
return count
