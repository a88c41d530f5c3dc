import type { Queryable } from '#shared/database/postgres.ts'
import type { Question } from '../search/question.ts'
import { termQuery } from '../search/terms.ts'
import { conditionsOf } from './list-conditions.ts'
import { parameters } from './parameters.ts'

export interface SpellingCheck {
  /** Events that match it and all other conditions. */
  readonly matches: number
  /** Whether any event matches it, whatever the other conditions. */
  readonly isKnown: boolean
}

/** Most events read for each spelling. */
const maxEvents = 500

/** Looks up the `tsquery` of each spelling. */
export async function checkSpellings(
  db: Queryable,
  { listed, filters }: Pick<Question, 'listed' | 'filters'>,
  queries: readonly string[],
): Promise<SpellingCheck[]> {
  const { values, parameter } = parameters()
  const spellings = parameter(queries)
  const { asked } = conditionsOf({ ...listed, terms: [] }, [], parameter)
  const query =
    filters.length === 0 ? 'query::tsquery' : `(query::tsquery && ${parameter(termQuery(filters))}::tsquery)`
  // Materialized: for the first few rows the planner would read the whole table instead of the index.
  return await db.query<SpellingCheck>(
    `SELECT matches, "isKnown"
     FROM unnest(${spellings}::text[]) WITH ORDINALITY AS spelling (query, place),
       LATERAL (
         WITH hit AS MATERIALIZED (
           SELECT ${asked.join(' AND ')} AS matches FROM event.events AS e WHERE e.search @@ ${query})
         SELECT count(*) FILTER (WHERE matches)::int AS matches
         FROM (SELECT * FROM hit LIMIT ${maxEvents}) AS looked) AS counted,
       LATERAL (
         WITH hit AS MATERIALIZED (
           SELECT e.id FROM event.events AS e
           WHERE e.search @@ query::tsquery AND CASE WHEN e.status <> 'draft' THEN true ELSE false END)
         SELECT count(*) > 0 AS "isKnown" FROM (SELECT * FROM hit LIMIT 1) AS looked) AS known
     ORDER BY place`,
    values,
  )
}
