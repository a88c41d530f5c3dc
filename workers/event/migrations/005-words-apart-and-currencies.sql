-- Search: words that are written together or apart are found either way, and prices are compared within a currency. It guarantees that
--   * an event has each two neighbouring words of its performers, name, venue and city also as one: `p+acdc` of AC/DC;
--   * whole texts are terms without blanks: `Ppearljam` of Pearl Jam.

ALTER TABLE event.events DROP COLUMN search;

-- Each two words beside each other within a line of a folded text, as one word behind a plus.
CREATE FUNCTION event.pair_terms(field text, folded text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN (
  SELECT coalesce(array_agg(field || '+' || left(words[i], 100) || left(words[i + 1], 100)), '{}')
  FROM string_to_array(replace(folded, E'\n', E' \n '), ' ') AS words, generate_series(1, cardinality(words) - 1) AS i
  WHERE words[i] <> E'\n' AND words[i + 1] <> E'\n');

-- Whole texts without their blanks, one a line.
CREATE OR REPLACE FUNCTION event.whole_terms(field text, folded text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  CASE WHEN folded = '' THEN '{}' ELSE string_to_array(field || replace(
    regexp_replace(replace(folded, ' ', ''), '([^\n]{200})[^\n]+', '\1', 'g'), E'\n', E'\n' || field), E'\n') END;

CREATE OR REPLACE FUNCTION event.search_terms(
  performers text, name text, venue text, city text, type text, description text)
RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN array_to_tsvector(
  event.whole_terms('P', performers) || event.whole_terms('N', name) || event.whole_terms('C', city) ||
  event.whole_terms('T', type) || event.word_terms('p', performers) || event.word_terms('n', name) ||
  event.word_terms('v', venue) || event.word_terms('c', city) || event.word_terms('t', type) ||
  event.word_terms('d', description) || event.pair_terms('p', performers) || event.pair_terms('n', name) ||
  event.pair_terms('v', venue) || event.pair_terms('c', city));

ALTER TABLE event.events ADD COLUMN search tsvector NOT NULL GENERATED ALWAYS AS (
  event.search_terms(folded_performers, folded_name, folded_venue, folded_city, folded_type, folded_description)) STORED;

CREATE INDEX events_by_terms ON event.events
  USING gin (search, event.days_of(starts_on)) WITH (gin_pending_list_limit = 256);
DROP INDEX event.events_by_price;
CREATE INDEX events_by_price ON event.events
  (currency, COALESCE(price_from_minor, 9007199254740991), starts_on, COALESCE(starts_at, 'infinity'), id);
CREATE INDEX event_performers_by_performer ON event.event_performers (performer_id);

-- Neither names of events nor pairs of words: there are as many as events.
TRUNCATE event.words;
INSERT INTO event.words (word, field, events)
SELECT event.word_of(word), left(word, 1), ndoc FROM ts_stat($$SELECT search FROM event.events WHERE status <> 'draft'$$)
WHERE word !~ '^(N|.\+)';
ANALYZE event.events;
