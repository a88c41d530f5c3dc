import type { z } from 'zod'
import { type facetName, maxFacetResults } from '#shared/contracts/search.ts'
import type { Queryable } from '#shared/database/postgres.ts'
import type { Statement } from './find-events.ts'

export type FacetName = z.infer<typeof facetName>

export interface Facets {
  readonly counted: number
  readonly capped: boolean
  readonly by: Partial<Record<FacetName, { value: string; count: number }[]>>
}

/** Most values of a facet. */
const maxValues = 20

/** Bounds of the price ranges, in minor units. */
const priceBounds = [2_000, 5_000, 10_000]
const priceRanges = [0, ...priceBounds].map((from, index) => {
  const next = priceBounds[index]
  return `${from}-${next === undefined ? '' : next - 1}`
})
const priceRange = (price: string): string => `width_bucket(${price}, '{${priceBounds}}'::bigint[])`

/** The column that groups a facet, and the value shown for the group. */
const groups: Record<FacetName, { by: string; value: string }> = {
  city: {
    by: 'folded_city',
    // As one venue of the city writes it.
    value: `(SELECT v.city FROM event.venues AS v WHERE v.id = min(venue_id::text)::uuid)`,
  },
  type: { by: 'folded_type', value: 'min(type)' },
  venue: { by: 'venue_id', value: '(SELECT v.name FROM event.venues AS v WHERE v.id = venue_id)' },
  month: { by: `to_char(starts_on, 'YYYY-MM')`, value: `to_char(min(starts_on), 'YYYY-MM')` },
  price: {
    by: priceRange('price_from_minor'),
    value: `('{${priceRanges}}'::text[])[1 + ${priceRange('min(price_from_minor)')}]`,
  },
}

/** How many of the events found by a statement have each value. */
export async function countFacets(
  db: Queryable,
  { text, values }: Statement,
  names: readonly FacetName[],
): Promise<Facets> {
  const counts = [...new Set(names)].map(
    (name) => `SELECT '${name}' AS name, * FROM (
      SELECT ${groups[name].value} AS value, count(*) FROM hit GROUP BY ${groups[name].by}
      ORDER BY count(*) DESC, value LIMIT ${maxValues}) AS ${name} WHERE value <> ''`,
  )
  const rows = await db.query<{ name: FacetName | 'all'; value: string; count: number }>(
    `WITH hit AS MATERIALIZED (
       SELECT e.type, e.folded_type, e.folded_city, e.venue_id, e.starts_on, e.price_from_minor
       FROM (${text}) AS found, event.events AS e WHERE e.id = found.id)
     SELECT 'all' AS name, '' AS value, count(*) FROM hit UNION ALL ${counts.join(' UNION ALL ')}`,
    values,
  )
  const all = rows.find(({ name }) => name === 'all')?.count ?? 0
  const by: Facets['by'] = {}
  for (const name of names) {
    by[name] = rows.filter((row) => row.name === name).map(({ value, count }) => ({ value, count }))
  }
  return { counted: Math.min(all, maxFacetResults), capped: all > maxFacetResults, by }
}
