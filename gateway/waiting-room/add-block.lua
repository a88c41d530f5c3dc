-- Adds a block of indexes that were never issued. Numbers between the last issued one and the block become a gap.
-- ARGV[2] first index   ARGV[3] index after the last one
-- Another gateway may have added a block first. Then a block directly after it is appended, and any other is ignored.
local present = presentRunId()
local from, to = tonumber(ARGV[2]), tonumber(ARGV[3])
if runId == present and issued < blockEnd then
  if from ~= blockEnd then return 0 end
  blockEnd = to
  store()
  return 1
end
if from < issued then return redis.error_reply('the block begins below the last issued place') end
if from > issued then gaps[#gaps + 1] = {issued + 1, from} end
issued, blockEnd = from, to
store()
redis.call('HSET', KEYS[1], 'run_id', present)
return 1
