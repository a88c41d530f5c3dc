-- Adds a block of indexes that were never issued. Numbers between the last issued one and the block become a gap.
-- ARGV[2] first index   ARGV[3] index after the last one
-- Another gateway may have been faster; then nothing changes, and the block is left out.
local present = presentRunId()
if runId == present and issued < blockEnd then return 0 end
local from = tonumber(ARGV[2])
if from < issued then return redis.error_reply('the block begins below the last issued place') end
if from > issued then gaps[#gaps + 1] = {issued + 1, from} end
issued, blockEnd = from, tonumber(ARGV[3])
store()
redis.call('HSET', KEYS[1], 'run_id', present)
for key = 1, 12 do redis.call('EXPIRE', KEYS[key], keptSeconds) end
return 1
