import type { Queryable } from '#shared/database/postgres.ts'
import { deletionsOf, type KnownWord, maxLetters, minLetters, nearestFirst } from '../search/near-words.ts'
import { everywhere, type QueryWord, type WholeField, type WordField } from '../search/terms.ts'

/* The table of words: how frequent they are, and what is near to one that is not there. */

/**
 * Adds the words of events to the table: in the transaction that stores them, or shows a draft to the world. Numbers that
 * another transaction is counting at this moment stay behind a little, so that nobody waits for them.
 */
export async function recordWords(db: Queryable, eventIds: readonly string[]): Promise<void> {
  await db.query(
    `WITH counted AS (
       SELECT event.word_of(term) AS word, left(term, 1) AS field, count(*)::int AS events,
         count(*) FILTER (WHERE version = 1)::int AS new
       FROM event.events, unnest(tsvector_to_array(search)) AS term
       WHERE id = ANY($1) AND term !~ '^N' GROUP BY 1, 2
     ), free AS (
       SELECT word, field, new FROM event.words AS known JOIN counted USING (word, field)
       WHERE new > 0 FOR UPDATE OF known SKIP LOCKED
     ), grown AS (
       UPDATE event.words AS known SET events = known.events + free.new FROM free
       WHERE known.word = free.word AND known.field = free.field
     )
     INSERT INTO event.words (word, field, events) SELECT word, field, events FROM counted ORDER BY word, field
     ON CONFLICT DO NOTHING`,
    [eventIds],
  )
}

/** What is asked of the table: words, and texts that are the whole of a field. */
export interface WordLookup {
  readonly words: readonly string[]
  readonly wholes: readonly { readonly field: WholeField; readonly text: string }[]
}

export interface WordFrequencies {
  /** Of all events, more or less. */
  readonly events: number
  readonly words: readonly QueryWord[]
  /** How many events have each of the whole texts, more or less. */
  readonly wholes: readonly number[]
}

/** Words that begin with a few letters are looked at no further than this: then they are on every second poster. */
const maxWords = 2_000
/** So many words that begin alike are named one by one. */
const maxNamed = 8
/** So many near misses of a word are compared with it. */
const maxNear = 500
/** Behind everything that begins with a word, in the order of bytes. */
const behind = '\u{10ffff}'

interface FieldRow {
  readonly place: number | null
  readonly field: WordField | WholeField
  readonly exact: number
  readonly prefixed: number
  readonly names: readonly string[]
  readonly words: number
  readonly total: number
}

/** How many events there are only decides by which way they are found; it is not asked for more often than this. */
const sizeFreshForMs = 1_000
const sizes = new WeakMap<Queryable, { readonly events: number; readonly readAt: number }>()

/** What is known of words and texts. What is in no field of its own is nowhere. */
export async function readKnown(db: Queryable, { words, wholes }: WordLookup): Promise<WordFrequencies> {
  const size = sizes.get(db)
  if (words.length + wholes.length === 0 && size !== undefined && performance.now() - size.readAt < sizeFreshForMs) {
    return { events: size.events, words: [], wholes: [] }
  }
  const texts = wholes.map(({ text }) => ` ${text}`)
  const rows = await db.query<FieldRow>(
    `SELECT place, field, exact, prefixed, names, words, total
     FROM (SELECT GREATEST(reltuples, 0)::int AS total FROM pg_class WHERE oid = 'event.events'::regclass) AS catalogue
     LEFT JOIN (
       SELECT place::int, field, coalesce(sum(events) FILTER (WHERE word = first), 0)::int AS exact, sum(events)::int AS prefixed,
         (array_agg(word))[1:${maxNamed + 1}] AS names, sum(count(*)) OVER (PARTITION BY place)::int AS words
       FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (first, last, place),
         LATERAL (SELECT word, field, events FROM event.words WHERE word BETWEEN first AND last
           ORDER BY word LIMIT ${maxWords}) AS known
       GROUP BY place, field) AS found ON true`,
    [
      [...words, ...texts],
      [...words.map((word) => word + behind), ...texts],
    ],
  )
  const events = Math.max(1, ...rows.map(({ total, prefixed }) => Math.max(total, prefixed ?? 0)))
  sizes.set(db, { events, readAt: performance.now() })
  return {
    events,
    words: words.map((text, index) => ({ text, fields: fieldsOf(rows, index + 1, events) })),
    wholes: wholes.map(
      ({ field }, index) =>
        rows.find((row) => row.place === words.length + index + 1 && row.field === field)?.exact ?? 0,
    ),
  }
}

function fieldsOf(rows: readonly FieldRow[], place: number, events: number): QueryWord['fields'] {
  const ofWord = rows.filter((row) => row.place === place)
  // Where not all were read, there may be more of them in any field.
  const isCut = (ofWord[0]?.words ?? 0) >= maxWords
  const fields = isCut ? everywhere : everywhere.filter((field) => ofWord.some((row) => row.field === field))
  return new Map(
    fields.map((field) => {
      const { exact = 0, prefixed = 0, names = [] } = ofWord.find((row) => row.field === field) ?? {}
      const isNamed = !isCut && names.length <= maxNamed
      return [field, { exact, prefixed: isCut ? events : prefixed, words: isNamed ? names : null }]
    }),
  )
}

/** Known words that are spelled nearly like each of the `typed` ones, the likeliest first. */
export async function findNearWords(db: Queryable, typed: readonly string[]): Promise<KnownWord[][]> {
  const deletions = typed.map(deletionsOf)
  if (deletions.flat().length === 0) return typed.map(() => [])
  // Words have no blanks, so one stands between their deletions: Postgres knows no arrays of arrays of different lengths.
  const rows = await db.query<KnownWord & { place: number }>(
    `SELECT place::int, word, events
     FROM unnest($1::text[]) WITH ORDINALITY AS typed (deletions, place),
       LATERAL (SELECT word, sum(events)::int AS events FROM event.words
         WHERE event.spellings(word) && string_to_array(typed.deletions, ' ')
           AND field IN ('p', 'n', 'v', 'c') AND length(word) BETWEEN ${minLetters} AND ${maxLetters}
         GROUP BY word LIMIT ${maxNear}) AS near`,
    [deletions.map((each) => each.join(' '))],
  )
  return typed.map((word, index) =>
    nearestFirst(
      word,
      rows.filter(({ place }) => place === index + 1),
    ),
  )
}
