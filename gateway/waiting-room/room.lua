-- The shared beginning of every script of the waiting room. One event's room; all times are by the clock of Redis.
--
-- A place is an arrival index, counted from 0. Its number is its position in the order of calls: for indexes below `drawn` the rank of the
-- draw plus one, for all others the index plus one. Before the draw nobody is called, and all places use the index.
-- `serving` is the highest number that was called, passed over or skipped; it never decreases. After it has passed a number, that number is
-- called only from `late`, the set of places that were passed over and came back.
--
-- KEYS[1] room     hash: issued, block_end, run_id, drawn, serving, call_tat, admit_tat, opened_at, gaps, rolled, rate; of `control`:
--                  controlled_at, pending, median_ms
-- KEYS[2] called   sorted set: number -> ms until which the place may be claimed
-- KEYS[3] active   sorted set: number -> ms until which the session lasts without a sign of life
-- KEYS[4] sessions hash: number -> ms at which the session began
-- KEYS[5] present  sorted set: number -> ms when it was last seen; only of numbers near the front
-- KEYS[6] passed   sorted set: number -> ms when it was passed over
-- KEYS[7] late     sorted set: number -> number; these are called first
-- KEYS[8] gone     bits by number: left, missed, or had a session
-- KEYS[9] restored sorted set: number -> number; places inside a gap whose owners have shown their ids
-- KEYS[10] ranks   four bytes for each drawn index: its rank, big-endian
-- KEYS[11] journal stream of admissions
-- KEYS[12] roll    32 bytes for each index of the pre-queue: its leaf
-- ARGV[1] JSON: now (tests only), state, calls_per_minute, adaptive, max_active, claim_ms, session_ms, idle_ms; opens_at (ms): nobody is
-- called before; closes_at (ms): only while a draw is to come; drawn: only after the draw, its number of places
local settings = cjson.decode(ARGV[1])
local now = settings.now
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

local isOpen = settings.state == 'open' and now >= (settings.opens_at or 0)
-- For this time after the opening nobody is passed over: buyers do not know their numbers yet.
local allPresentMs = 60000
-- A buyer seen within this time counts as present.
local presentMs = 30000
-- How long a place that was passed over may return to the front.
local returnMs = 600000
local maxCalls, maxSteps = 100, 200
local journalLength = 200000
-- A week after the last read, nobody waits any more.
local keptSeconds = 604800

local fields = redis.call('HMGET', KEYS[1], 'issued', 'block_end', 'run_id', 'drawn', 'serving', 'call_tat', 'admit_tat', 'opened_at',
  'gaps', 'rolled', 'rate')
local issued, blockEnd = tonumber(fields[1] or 0), tonumber(fields[2] or 0)
local runId = fields[3]
-- A new run id: Redis has restarted or a replica took over, and the last second may be lost.
local function presentRunId()
  return redis.call('INFO', 'server'):match('run_id:(%x+)')
end
local drawn, serving = tonumber(fields[4] or 0), tonumber(fields[5] or 0)
local callTat, admitTat = tonumber(fields[6] or 0), tonumber(fields[7] or 0)
local openedAt = tonumber(fields[8] or 0)
-- Numbers that were never issued, as {first, last}, in order.
local gaps = cjson.decode(fields[9] or '[]')

-- Places in the roll of the draw, once the pre-queue has closed. It never opens again, even if the clock goes back.
local rolled = tonumber(fields[10] or nil)
if settings.closes_at and not rolled and now >= settings.closes_at then
  rolled = math.max(issued, redis.call('STRLEN', KEYS[12]) / 32)
  issued = rolled
  redis.call('HSET', KEYS[1], 'rolled', rolled, 'issued', issued)
end
-- After the draw every step fails until its numbers are in Redis.
if settings.drawn and settings.drawn ~= drawn then return redis.error_reply('NONUMBERS the numbers of the draw are missing') end

local function numberOf(index)
  if index >= drawn then return index + 1 end
  local bytes = redis.call('GETRANGE', KEYS[10], index * 4, index * 4 + 3)
  return ((bytes:byte(1) * 256 + bytes:byte(2)) * 256 + bytes:byte(3)) * 256 + bytes:byte(4) + 1
end

local function isGone(number)
  return redis.call('GETBIT', KEYS[8], number) == 1
end

-- A token clock (GCRA): in any t ms at most rate * t + the burst of one second. Returns the ms to wait, 0 for none.
-- The rate is that of the settings or a lower one set by `control`: never higher, and at least one a second.
local function rateWithin(wanted)
  return math.min(settings.calls_per_minute, math.max(60, wanted))
end
local rate = settings.calls_per_minute
if settings.adaptive then rate = rateWithin(tonumber(fields[11] or rate / 4)) end
local interval = 60000 / rate
local burst = math.max(1, math.ceil(rate / 60))
local function waitFor(tat)
  return math.max(0, math.ceil(tat - now - (burst - 1) * interval))
end

-- A clock that was set back must not stop the queue: no debt is larger than the burst.
callTat, admitTat = math.min(callTat, now + burst * interval), math.min(admitTat, now + burst * interval)

local function gapAround(number)
  for _, gap in ipairs(gaps) do
    if number >= gap[1] and number <= gap[2] then return gap end
  end
end

-- Whether a number is in a gap and its owner has not shown the place since.
local function isMissing(number)
  return gapAround(number) and not redis.call('ZSCORE', KEYS[9], number)
end

-- Restores a lost place at its number; it is called first if its turn has passed.
local function bringBack(number)
  redis.call('ZADD', KEYS[9], number, number)
  if number > issued then
    -- Places before it may also be lost: they are a gap until their owners return.
    local gap = gaps[#gaps]
    if gap and gap[2] == issued then gap[2] = number else gaps[#gaps + 1] = {issued + 1, number} end
    issued = number
  end
  local isKnown = redis.call('ZSCORE', KEYS[2], number) or redis.call('ZSCORE', KEYS[3], number)
  if number <= serving and not isKnown then redis.call('ZADD', KEYS[7], number, number) end
end

-- Ends sessions and calls whose time has run out, then calls numbers while slots and the clock allow.
local function advance()
  local over = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now, 'LIMIT', 0, 1000)
  for _, number in ipairs(over) do
    redis.call('ZREM', KEYS[3], number)
    redis.call('HDEL', KEYS[4], number)
  end
  local missed = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 1000)
  for _, number in ipairs(missed) do
    redis.call('ZREM', KEYS[2], number)
    redis.call('SETBIT', KEYS[8], number, 1)
  end
  redis.call('ZREMRANGEBYSCORE', KEYS[6], '-inf', now - returnMs)
  if not isOpen then return end
  if openedAt == 0 then openedAt = now end

  local slots = settings.max_active - redis.call('ZCARD', KEYS[3]) - redis.call('ZCARD', KEYS[2])
  local calls, steps = 0, 0
  while slots > 0 and calls < maxCalls and steps < maxSteps and waitFor(callTat) == 0 do
    steps = steps + 1
    local number
    local first = redis.call('ZRANGE', KEYS[7], 0, 0)[1]
    if first then
      redis.call('ZREM', KEYS[7], first)
      number = tonumber(first)
    elseif serving >= issued then
      break
    else
      serving = serving + 1
      number = serving
      local gap = gapAround(number)
      if gap and not redis.call('ZSCORE', KEYS[9], number) then
        local next = redis.call('ZRANGEBYSCORE', KEYS[9], number, gap[2], 'LIMIT', 0, 1)[1]
        serving = next and tonumber(next) - 1 or gap[2]
        number = nil
      elseif not isGone(number) and now - openedAt >= allPresentMs then
        local seen = tonumber(redis.call('ZSCORE', KEYS[5], number) or 0)
        if seen < now - presentMs then
          redis.call('ZADD', KEYS[6], now, number)
          number = nil
        end
      end
    end
    if number and not isGone(number) then
      redis.call('ZADD', KEYS[2], now + settings.claim_ms, number)
      redis.call('ZREM', KEYS[5], number)
      callTat = math.max(callTat, now) + interval
      slots, calls = slots - 1, calls + 1
    end
  end
end

local function store()
  redis.call('HSET', KEYS[1], 'issued', issued, 'block_end', blockEnd, 'drawn', drawn, 'serving', serving,
    'call_tat', string.format('%.3f', callTat), 'admit_tat', string.format('%.3f', admitTat), 'opened_at', openedAt,
    'gaps', #gaps == 0 and '[]' or cjson.encode(gaps))
end

-- Numbers between `serving` and this number that have no place.
local function missingBefore(number)
  local missing = 0
  for _, gap in ipairs(gaps) do
    local from, to = math.max(gap[1], serving + 1), math.min(gap[2], number - 1)
    if to >= from then missing = missing + to - from + 1 - redis.call('ZCOUNT', KEYS[9], from, to) end
  end
  return missing
end

-- The state of a place, as {state, number, ahead, ms}; ms: until when a call or a session lasts.
local function describe(number)
  local session = redis.call('ZSCORE', KEYS[3], number)
  if session then return {'admitted', number, 0, tonumber(session)} end
  local call = redis.call('ZSCORE', KEYS[2], number)
  if call then return {'called', number, 0, tonumber(call)} end
  if isGone(number) then return {'gone', number, 0, 0} end
  local late = redis.call('ZRANK', KEYS[7], number)
  if late then return {'waiting', number, late, 0} end
  if number <= serving then
    if redis.call('ZSCORE', KEYS[6], number) then return {'passed', number, 0, 0} end
    return {'expired', number, 0, 0}
  end
  return {'waiting', number, number - serving - 1 - missingBefore(number) + redis.call('ZCARD', KEYS[7]), 0}
end
