-- Locks all the seats for one hold, or none of them and names those that another hold has.
-- KEYS one a seat   ARGV[1] hold id   ARGV[2] ms until the locks end by themselves
-- Returns the positions in KEYS (from 1) of seats that are taken; empty when all are locked
local taken = {}
for i, holder in ipairs(redis.call('MGET', unpack(KEYS))) do
  if holder and holder ~= ARGV[1] then taken[#taken + 1] = i end
end
if #taken > 0 then return taken end
for _, key in ipairs(KEYS) do redis.call('SET', key, ARGV[1], 'PX', ARGV[2]) end
return taken
