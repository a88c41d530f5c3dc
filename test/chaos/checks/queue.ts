import type { Check } from './evidence.ts'

/* The waiting room keeps what it acknowledged, whatever is killed, and lets nobody in beside it. */

/** A place keeps its number, and no two buyers have the same one. */
export const placesAreKept: Check = ({ history }) => {
  const numbers = new Map<string, number>()
  const owners = new Map<number, string>()
  const wrong: string[] = []
  for (const { userId, placeId, number } of history.places) {
    const before = numbers.get(placeId)
    if (before !== undefined && before !== number) wrong.push(`${userId} had number ${before}, and then ${number}`)
    const owner = owners.get(number)
    if (owner !== undefined && owner !== userId) wrong.push(`${owner} and ${userId} have the same number ${number}`)
    numbers.set(placeId, number)
    owners.set(number, userId)
  }
  return wrong
}

/** Nobody who shows the id of their place hears that there is none. */
export const placesAreFound: Check = ({ history }) =>
  history.entries.flatMap(({ operation, userId, path, outcome }) =>
    operation === 'look' && outcome.kind === 'answer' && outcome.status === 404
      ? [`${userId}: ${path} is not found`]
      : [],
  )
