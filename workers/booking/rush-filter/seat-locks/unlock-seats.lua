-- Removes the locks that still belong to a hold; a lock of another hold stays, however late this runs.
-- KEYS      one lock per seat, all with the event's hash tag
-- ARGV[1]   own id of the hold, with which the values of its locks begin
for _, key in ipairs(KEYS) do
  local value = redis.call('GET', key)
  if value and string.sub(value, 1, #ARGV[1]) == ARGV[1] then
    redis.call('DEL', key)
  end
end
return 0
