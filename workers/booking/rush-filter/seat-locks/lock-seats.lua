-- Locks seats of one event for one hold, all or none; returns the locks of others.
-- It guarantees that of two holds that want a seat at once one is refused. It does not guarantee that the seat is free: Postgres decides
-- that.
-- KEYS      one lock per seat, all with the event's hash tag
-- ARGV[1]   `<own id of the hold> <digest of the buyer>`, the value of the locks
-- ARGV[2]   how long the locks last, in ms
-- Returns {} if all are locked now, else {position from 0, value, ms until it ends, position, …} of the locks of others
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
