import { withDatabase } from '../../with-database.ts'
import type { SearchRequest } from './questions.ts'

/** Up to here a search has to be quick. */
export const fewMatches = 10_000

/** Counts on its own, without the worker, how many events match each question; `fewMatches` + 1 stands for more. */
export async function countMatches(databaseUrl: string, questions: readonly SearchRequest[]): Promise<number[]> {
  return withDatabase(databaseUrl, async (client) => {
    const words = questions.flatMap(({ keyword = '' }) => keyword.toLowerCase().split(' '))
    const found = await client.query<{ word: string }>('SELECT word FROM event.words WHERE word = ANY($1)', [words])
    const known = new Set(found.rows.map(({ word }) => word))
    const counts: number[] = []
    for (const question of questions) {
      const { rows } = await client.query<{ count: number }>(statement, values(question, known))
      counts.push(rows[0]?.count ?? 0)
    }
    return counts
  })
}

const statement = `
  SELECT count(*)::int FROM (
    SELECT FROM event.events AS e JOIN event.venues AS v ON v.id = e.venue_id
    WHERE e.status = 'published'
      AND ($1::tsquery IS NULL OR e.search @@ $1::tsquery)
      AND ($2::tsquery IS NULL OR e.search @@ $2::tsquery)
      AND e.starts_on >= coalesce($3::date, (now() AT TIME ZONE e.tz)::date) AND ($4::date IS NULL OR e.starts_on <= $4)
      AND ($5::bigint IS NULL OR e.price_from_minor >= $5) AND ($9::text IS NULL OR e.currency = $9)
      AND ($6::float8 IS NULL OR 6371 * acos(least(1, sin(radians($6)) * sin(radians(v.latitude)) +
        cos(radians($6)) * cos(radians(v.latitude)) * cos(radians(v.longitude - $7::float8)))) <= $8::float8)
    LIMIT ${fewMatches + 1}) AS matches`

function values(question: SearchRequest, known: ReadonlySet<string>): unknown[] {
  const { keyword, city, type, start, end, min_price_minor, currency, lat, lng, radius_km } = question
  // Known words stand for themselves, but for the last one, which may be still being typed.
  const asTerm = (word: string, index: number, { length }: readonly string[]): string =>
    anywhere(word, { isWhole: index < length - 1 && known.has(word) })
  const words = keyword === undefined ? null : keyword.toLowerCase().split(' ').map(asTerm).join(' & ')
  const wholes = [
    ...(city === undefined ? [] : [`'C${city.toLowerCase().replaceAll(' ', '')}'`]),
    ...(type === undefined ? [] : [`'T${type.toLowerCase()}'`]),
  ]
  return [
    words,
    wholes.length === 0 ? null : wholes.join(' & '),
    start ?? null,
    end ?? null,
    min_price_minor ?? null,
    lat ?? null,
    lng ?? null,
    radius_km ?? null,
    currency ?? null,
  ]
}

function anywhere(word: string, { isWhole }: { isWhole: boolean }): string {
  return `(${[...'pnvctd'].map((field) => `'${field}${word}'${isWhole ? '' : ':*'}`).join(' | ')})`
}
