-- The public state of the queue. Returns {serving, issued, gaps as JSON, active, called, now, calls a minute, places of a closed roll or
-- -1}.
advance()
store()
return {serving, issued, #gaps == 0 and '[]' or cjson.encode(gaps), redis.call('ZCARD', KEYS[3]), redis.call('ZCARD', KEYS[2]), now,
  math.ceil(rate), rolled or -1}
