-- Search: which terms an event is found by, how frequent each is, and what near misses of words are. It guarantees that
--   * the terms of an event belong to the texts beside them: nobody writes them;
--   * every word of an event that was ever to be seen is in `words`, so that a word which is not there is found nowhere;
--   * the numbers in `words` only choose the way of searching, never what is found: they may be somewhat wrong.
-- Terms are words behind one letter that says where they stand: p performers, n name, v venue, c city, t type, d description.
-- Behind a capital stands the whole text: P one performer, N the name, C the city, T the type.

-- The words of a folded text as terms. A word longer than 100 letters is cut: Postgres takes no more than 2,046 bytes.
CREATE FUNCTION event.word_terms(field text, folded text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  CASE WHEN folded = '' THEN '{}' ELSE
    string_to_array(field || regexp_replace(regexp_replace(folded, '([^ \n]{100})[^ \n]+', '\1', 'g'), '[ \n]', ' ' || field, 'g'), ' ') END;

-- Whole texts, one a line.
CREATE FUNCTION event.whole_terms(field text, folded text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  CASE WHEN folded = '' THEN '{}' ELSE
    string_to_array(field || replace(regexp_replace(folded, '([^\n]{200})[^\n]+', '\1', 'g'), E'\n', E'\n' || field), E'\n') END;

CREATE FUNCTION event.search_terms(performers text, name text, venue text, city text, type text, description text)
RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN array_to_tsvector(
  event.whole_terms('P', performers) || event.whole_terms('N', name) || event.whole_terms('C', city) ||
  event.whole_terms('T', type) || event.word_terms('p', performers) || event.word_terms('n', name) ||
  event.word_terms('v', venue) || event.word_terms('c', city) || event.word_terms('t', type) ||
  event.word_terms('d', description));

ALTER TABLE event.events DROP COLUMN search;
ALTER TABLE event.events ADD COLUMN search tsvector NOT NULL GENERATED ALWAYS AS (
  event.search_terms(folded_performers, folded_name, folded_venue, folded_city, folded_type, folded_description)) STORED;

-- Of what was added lately, every search reads the list from its beginning to its end: so that is kept short.
CREATE INDEX events_by_terms ON event.events USING gin (search) WITH (gin_pending_list_limit = 256);
DROP INDEX event.events_by_city;
CREATE INDEX events_by_venue ON event.events (venue_id, starts_on, COALESCE(starts_at, 'infinity'), id);
-- Events without a price come last.
CREATE INDEX events_by_price ON event.events
  (COALESCE(price_from_minor, 9007199254740991), starts_on, COALESCE(starts_at, 'infinity'), id);
CREATE INDEX venues_by_place ON event.venues (latitude, longitude);
CREATE INDEX venues_by_country ON event.venues (country);

-- A word, and what is left of it without any one of its letters: two words share one of these if they differ by one letter
-- more, one less, another one, or two that changed places. Costly, so that nobody makes them for each word of a table instead of
-- asking the index.
CREATE FUNCTION event.spellings(word text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 10000 RETURN (
  SELECT array_agg(left(word, i - 1) || substr(word, i + 1)) FROM generate_series(1, length(word) + 1) AS i);

CREATE FUNCTION event.word_of(term text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  overlay(term placing CASE WHEN ascii(term) < ascii('a') THEN ' ' ELSE '' END FROM 1 FOR 1);

-- Not the names of events: there are as many as events, and nobody asks how frequent one is.
CREATE TABLE event.words (
  -- As in the terms, without their first letter; whole texts begin with a blank, so that no word is found among them.
  word text COLLATE "C" NOT NULL,
  field text NOT NULL,
  -- How many events have it, more or less.
  events int NOT NULL,
  PRIMARY KEY (word, field)
) WITH (fillfactor = 80);

INSERT INTO event.words (word, field, events)
SELECT event.word_of(word), left(word, 1), ndoc FROM ts_stat($$SELECT search FROM event.events WHERE status <> 'draft'$$)
WHERE word !~ '^N';

CREATE INDEX words_by_spelling ON event.words USING gin (event.spellings(word)) WITH (fastupdate = off)
  WHERE field IN ('p', 'n', 'v', 'c') AND length(word) BETWEEN 3 AND 30;
