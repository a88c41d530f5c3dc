-- Gives a caller a place: one for all tabs and gateways. A place that has ended is replaced by one at the end.
-- KEYS[13] hash of callers -> index   ARGV[2] digest of the caller   ARGV[3] largest number of places
-- Returns {'place', index, is new, state, number, ahead, ms}, {'no_block'} if a block of indexes is needed first, or {'full'}.
local known = tonumber(redis.call('HGET', KEYS[13], ARGV[2]) or nil)
if known then
  redis.call('EXPIRE', KEYS[13], keptSeconds)
  -- After a draw, places that Redis had lost before it are a gap until their owners return.
  local number = numberOf(known)
  if isMissing(number) and not isGone(number) then bringBack(number) end
  advance()
  store()
  local place = describe(number)
  if place[1] ~= 'gone' and place[1] ~= 'expired' then return {'place', known, 0, unpack(place)} end
end
-- After a restart Redis may have lost its last second: only indexes of a new block were certainly never issued.
if issued >= blockEnd or runId ~= presentRunId() then return {'no_block'} end
if issued >= tonumber(ARGV[3]) then return {'full'} end
local index = issued
issued = issued + 1
if redis.call('HSET', KEYS[13], ARGV[2], index) == 1 then redis.call('EXPIRE', KEYS[13], keptSeconds) end
advance()
store()
return {'place', index, 1, unpack(describe(numberOf(index)))}
