-- Makes the locks of a hold last until the hold ends. A lock that ran out meanwhile is made again; one that somebody else has
-- by now is left to them.
-- KEYS      one lock a seat, all with the event's hash tag
-- ARGV[1]   the value of the locks, as in lock-seats.lua
-- ARGV[2]   how long they last from now on, in ms
for _, key in ipairs(KEYS) do
  local value = redis.call('GET', key)
  if not value or value == ARGV[1] then
    redis.call('SET', key, ARGV[1], 'PX', ARGV[2])
  end
end
return 0
