import type { Queryable } from '#shared/database/postgres.ts'
import type { Question } from '../search/find-page.ts'
import { conditionsOf } from './list-conditions.ts'
import { parameters } from './parameters.ts'

export interface SpellingCheck {
  /** Events that match it and all else that is asked, counted up to `maxMatches`. */
  readonly matches: number
  /** Whether any event matches it, whatever else is asked. */
  readonly isKnown: boolean
}

const maxMatches = 20

/** Looks up the `tsquery` of each spelling. */
export async function checkSpellings(
  db: Queryable,
  { listed, filters }: Pick<Question, 'listed' | 'filters'>,
  queries: readonly string[],
): Promise<SpellingCheck[]> {
  const { values, parameter } = parameters()
  const spellings = parameter(queries)
  const { asked } = conditionsOf({ ...listed, terms: filters }, [], parameter)
  return await db.query<SpellingCheck>(
    `SELECT matches, matches > 0 OR EXISTS (SELECT FROM event.events AS e
         WHERE e.search @@ query::tsquery AND CASE WHEN e.status <> 'draft' THEN true ELSE false END) AS "isKnown"
     FROM unnest(${spellings}::text[]) WITH ORDINALITY AS spelling (query, place),
       LATERAL (SELECT count(*)::int AS matches FROM (SELECT FROM event.events AS e
         WHERE e.search @@ query::tsquery AND CASE WHEN ${asked.join(' AND ')} THEN true ELSE false END
         LIMIT ${maxMatches}) AS matching) AS counted
     ORDER BY place`,
    values,
  )
}
