-- Functions that make up a catalogue, the same in every run: chance is a hash of an item's number and of what is drawn.
-- Words, performers, cities and venues follow Zipf's law: few of them are everywhere, most are rare.

CREATE SCHEMA made;

-- Between 0 and 1.
CREATE FUNCTION made.chance(item bigint, drawn int) RETURNS double precision LANGUAGE sql IMMUTABLE RETURN
  (hashint8extended(item, drawn) & 2147483647) / 2147483648.0;

-- A rank from 0 on, below `ranks`: the first `top` about equally often, then the less often the higher.
CREATE FUNCTION made.rank(item bigint, drawn int, ranks int, top int) RETURNS int LANGUAGE sql IMMUTABLE RETURN
  floor(top * (exp(made.chance(item, drawn) * ln(1 + ranks::double precision / top)) - 1))::int % ranks;

-- Ascending with the item, as ids of version 7 are.
CREATE FUNCTION made.id(kind text, item bigint) RETURNS uuid LANGUAGE sql IMMUTABLE RETURN
  (lpad(to_hex(item), 12, '0') || '70008' || substr(md5(kind || item), 1, 15))::uuid;

CREATE FUNCTION made.syllable(digit bigint) RETURNS text LANGUAGE sql IMMUTABLE RETURN
  ('{ba,dor,mi,lan,te,shu,ro,vik,na,gol,pe,sta,fi,quo,zen,har,lu,cre,ja,bry,wo,xan,ki,mel}'::text[])[1 + digit % 24];

-- A pronounceable word for each number below 24^4, of two to four syllables, the short ones first.
CREATE FUNCTION made.word(number bigint) RETURNS text LANGUAGE sql IMMUTABLE RETURN
  made.syllable(number * 7919 % 331776) || made.syllable(number * 7919 % 331776 / 24) ||
  CASE WHEN number < 300 THEN '' ELSE made.syllable(number * 7919 % 331776 / 576) END ||
  CASE WHEN number < 9000 THEN '' ELSE made.syllable(number * 7919 % 331776 / 13824) END;

-- The words of every poster.
CREATE FUNCTION made.poster_word(rank int) RETURNS text LANGUAGE sql IMMUTABLE RETURN
  ('{live,tour,the,festival,concert,world,night,of,summer,show,band,orchestra,presents,quartet,tribute,evening}'::text[])
    [1 + rank % 16];

CREATE FUNCTION made.performer_name(number int) RETURNS text LANGUAGE sql IMMUTABLE RETURN
  initcap(concat_ws(' ',
    CASE WHEN made.chance(number, 10) < 0.08 THEN 'the' END,
    made.word(made.rank(number, 11, 30000, 50)),
    CASE WHEN made.chance(number, 12) < 0.7 THEN made.word(made.rank(number, 13, 60000, 50)) END,
    CASE WHEN made.chance(number, 14) < 0.1 THEN made.poster_word(made.rank(number, 15, 16, 1)) END));

CREATE FUNCTION made.city_name(number int) RETURNS text LANGUAGE sql IMMUTABLE RETURN
  initcap(concat_ws(' ', CASE WHEN number % 9 = 0 THEN 'san' END, made.word(300 + number * 5)));

-- What events are put together from. A text that many events share costs little to make and is searched like any other.
CREATE TABLE made.venues (number int PRIMARY KEY, id uuid, name text, city text);
CREATE TABLE made.performers (number int PRIMARY KEY, id uuid, name text);
CREATE TABLE made.titles (number int PRIMARY KEY, alone text, subtitle text);
CREATE TABLE made.descriptions (number int PRIMARY KEY, description text);

INSERT INTO made.titles
SELECT number, initcap(made.word(made.rank(number, 34, 30000, 50))),
  CASE WHEN made.chance(number, 35) < 0.6 THEN ': ' || initcap(made.word(made.rank(number, 36, 20000, 20))) ELSE '' END
    || ' ' || initcap(made.poster_word(made.rank(number, 37, 16, 1)))
FROM generate_series(0, 49999) AS number;

INSERT INTO made.descriptions
SELECT number, (
  SELECT coalesce(string_agg(CASE WHEN place < 4 THEN made.poster_word(made.rank(number, 50 + place, 16, 1))
    ELSE made.word(made.rank(number, 50 + place, 50000, 10)) END, ' '), '')
  FROM generate_series(1, (made.chance(number, 38) * 20)::int) AS place)
FROM generate_series(0, 29999) AS number;
