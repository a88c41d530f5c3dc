-- Locks seats of one event for one hold, all or none, or names those that are locked already.
-- It guarantees that of two holds that want a seat at once one is told so; not that the seat is free: that Postgres says.
-- KEYS      one lock a seat, all with the event's hash tag
-- ARGV[1]   `<own id of the hold> <who holds>`, the value of the locks
-- ARGV[2]   how long they last, in ms
-- Returns {} when all are locked now, else {position from 0, value, ms until it ends, position, …} of those that others have locked
local taken = {}
for position, value in ipairs(redis.call('MGET', unpack(KEYS))) do
  if value and value ~= ARGV[1] then
    taken[#taken + 1] = position - 1
    taken[#taken + 1] = value
    taken[#taken + 1] = redis.call('PTTL', KEYS[position])
  end
end
if #taken > 0 then
  return taken
end
for _, key in ipairs(KEYS) do
  redis.call('SET', key, ARGV[1], 'PX', ARGV[2])
end
return {}
