-- Search: the terms of events and their dates in one index, so that it finds what has a word and takes place within some days
-- without a look at what has the word and takes place at any other time.

-- A date as the index has it: itself, its week, and its four weeks, each as a number of its own; `search/day-cover.ts` knows them.
CREATE FUNCTION event.days_of(day date) RETURNS int[] LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT RETURN
  ARRAY[(day - date '1970-01-01') * 3, floor((day - date '1970-01-01') / 7.0)::int * 3 + 1,
    floor((day - date '1970-01-01') / 28.0)::int * 3 + 2];

-- Of what was added lately, every search reads the list from its beginning to its end: so that is kept short.
CREATE INDEX events_by_terms_and_days ON event.events
  USING gin (search, event.days_of(starts_on)) WITH (gin_pending_list_limit = 256);
-- What the index holds is known by nobody else: without numbers of its own the planner would not use it.
ANALYZE event.events;
-- Last, because from here on nobody can read: with a million events the index takes half a minute.
DROP INDEX event.events_by_terms;
ALTER INDEX event.events_by_terms_and_days RENAME TO events_by_terms;
