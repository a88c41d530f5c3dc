import type { Queryable } from '#shared/database/postgres.ts'
import {
  deletionsOf,
  type KnownWord,
  maxLetters,
  minLetters,
  type NearWord,
  nearestFirst,
} from '../search/near-words.ts'
import {
  everywhere,
  joinedTexts,
  type QueryWord,
  type QueryWords,
  type WholeField,
  type WordField,
} from '../search/terms.ts'

/* The table of words: how frequent words are, and which words are near to an unknown one. */

/**
 * Adds the words of events to the table, in the transaction that stores or publishes them. Counts that another transaction is changing are
 * skipped and become slightly too low, so that no transaction waits.
 */
export async function recordWords(db: Queryable, eventIds: readonly string[]): Promise<void> {
  await db.query(
    `WITH counted AS (
       SELECT event.word_of(term) AS word, left(term, 1) AS field, count(*)::int AS events,
         count(*) FILTER (WHERE version = 1)::int AS new
       FROM event.events, unnest(tsvector_to_array(search)) AS term
       WHERE id = ANY($1) AND term !~ '^(N|.\\+)' GROUP BY 1, 2
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

/** The whole text of a field; see `wholeText`. */
export interface WholeText {
  readonly field: WholeField
  readonly text: string
}

export interface KnownTexts {
  /** Number of all events, approximately. */
  readonly events: number
  readonly words: ReadonlyMap<string, QueryWord>
  /** How many events have a whole text, approximately; by field and text. */
  readonly wholes: ReadonlyMap<string, number>
}

/** Words with what is known about them and about each pair of neighbours written as one. */
export function knownWords({ words }: KnownTexts, texts: readonly string[]): QueryWords {
  const known = (text: string): QueryWord => words.get(text) ?? { text, fields: new Map() }
  return { words: texts.map(known), joined: joinedTexts(texts).map(known) }
}

/** Most words read that begin with the same few letters: with more of them, they occur in every second event. */
const maxWords = 2_000
/** Most near words compared with a word. */
const maxNear = 500
/** Up to this many words with the same beginning are listed one by one: that is quicker than reading everything in the index. */
const maxNamed = 8
/** Sorts after every continuation of a word, in byte order. */
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

/** Looks up words and whole texts. */
export async function readKnown(
  db: Queryable,
  words: readonly string[],
  wholes: readonly WholeText[],
): Promise<KnownTexts> {
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
  const found = Map.groupBy(rows, ({ place }) => place ?? 0)
  return {
    events,
    words: new Map(words.map((text, index) => [text, { text, fields: fieldsOf(found.get(index + 1) ?? [], events) }])),
    wholes: new Map(
      wholes.flatMap(({ field, text }, index) =>
        (found.get(words.length + index + 1) ?? [])
          .filter((row) => row.field === field)
          .map(({ exact }) => [`${field}${text}`, exact] as const),
      ),
    ),
  }
}

function fieldsOf(rows: readonly FieldRow[], events: number): QueryWord['fields'] {
  // If not all words were read, every field may have more.
  const isCut = (rows[0]?.words ?? 0) >= maxWords
  const fields = isCut ? everywhere : everywhere.filter((field) => rows.some((row) => row.field === field))
  return new Map(
    fields.map((field) => {
      const { exact = 0, prefixed = 0, names = [] } = rows.find((row) => row.field === field) ?? {}
      const isNamed = !isCut && names.length <= maxNamed
      return [field, { exact, prefixed: isCut ? events : prefixed, words: isNamed ? names : null }]
    }),
  )
}

/** Known words with a similar spelling for each of the `typed` words, most likely first. */
export async function findNearWords(db: Queryable, typed: readonly string[]): Promise<NearWord[][]> {
  const deletions = typed.map(deletionsOf)
  if (deletions.flat().length === 0) return typed.map(() => [])
  // Words contain no spaces, so spaces separate their variants: Postgres has no arrays of arrays with different lengths.
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
