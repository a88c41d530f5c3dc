-- Adopts the numbers of the draw, once all ranks are stored. Nobody is called before. Idempotent.
-- ARGV[2] places in the roll   ARGV[3] those of them with a leaf: the numbers after them belong to holes
local count, entrants = tonumber(ARGV[2]), tonumber(ARGV[3])
if drawn == count then return 0 end
if redis.call('STRLEN', KEYS[10]) ~= count * 4 then return redis.error_reply('ranks are missing') end

-- Places that were left before the draw, by index.
local left = {}
local bits = redis.call('GETRANGE', KEYS[8], 0, math.floor(count / 8))
for at = 1, #bits do
  if bits:byte(at) ~= 0 then
    for number = math.max(at * 8 - 8, 1), math.min(at * 8 - 1, count) do
      if redis.call('SETBIT', KEYS[8], number, 0) == 1 then left[#left + 1] = number - 1 end
    end
  end
end
drawn = count
for _, index in ipairs(left) do redis.call('SETBIT', KEYS[8], numberOf(index), 1) end

-- Holes are a gap, and so are all places of a room that Redis has lost: showing its id restores a place.
local kept = {}
local first = runId and entrants + 1 or 1
if first <= count then kept[1] = {first, count} end
for _, gap in ipairs(gaps) do
  if gap[2] > count then kept[#kept + 1] = {math.max(gap[1], count + 1), gap[2]} end
end
gaps = kept
issued = math.max(issued, count)
redis.call('ZREMRANGEBYSCORE', KEYS[9], '-inf', count)
redis.call('DEL', KEYS[5], KEYS[12])
store()
return 1
