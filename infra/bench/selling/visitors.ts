import { setTimeout as pause } from 'node:timers/promises'
import type { HttpAnswer } from '../http-answer.ts'
import type { HttpConnection } from '../http-connection.ts'
import { type Ask, callerNames } from '../load.ts'
import type { NextHouse } from './houses.ts'

export const placesPerVisit = 2

/** A visitor who holds places repeats a purchase for this long before giving up. */
const payWithinMs = 20_000

/**
 * How a visit ended. `bought`: paid and confirmed. `refused`: a 503 with Retry-After instead of a hold, and the visitor left.
 * `unfinished`: held places but could not pay for them in 20 s. Otherwise the code of a problem, or `unanswered`.
 */
type Ending = string

interface Visit {
  readonly ending: Ending
  /** Until the request for a hold was answered. */
  readonly holdMs: number
  /** By `performance.now()`. */
  readonly endedAt: number
}

interface Visitors {
  readonly ask: Ask
  readonly visits: readonly Visit[]
}

/** Visitors who each hold two places and pay at once. Every one is a new caller. */
export function visitorsOf(nextHouse: NextHouse): Visitors {
  const nextName = callerNames()
  const visits: Visit[] = []
  return {
    visits,
    async ask(connection) {
      const house = nextHouse(placesPerVisit)
      if (house === undefined) return null
      const name = nextName()
      const startedAt = performance.now()
      const wish = { best_available: { qty: placesPerVisit }, user_id: name }
      const hold = await post(connection, `/events/${house}/holds`, wish, name)
      const holdMs = performance.now() - startedAt
      const ending = hold?.status === 201 ? await pay(connection, idOf(hold), name) : endingOf(hold)
      visits.push({ ending, holdMs, endedAt: performance.now() })
      return ending === 'bought'
    },
  }
}

async function pay(connection: HttpConnection, holdId: string, name: string): Promise<Ending> {
  const giveUpAt = performance.now() + payWithinMs
  for (;;) {
    const body = { hold_id: holdId, payment_token: 'tok_ok', user_id: name }
    const answer = await post(connection, '/purchase', body, `pay-${name}`)
    if (answer?.status === 201) return 'bought'
    const mayRepeat =
      answer === null || [202, 429, 503, 504].includes(answer.status) || codeOf(answer) === 'idempotency_key_in_use'
    if (!mayRepeat) return endingOf(answer)
    if (performance.now() > giveUpAt) return 'unfinished'
    await pause(Number(answer?.retryAfter ?? 0.5) * 1_000)
  }
}

/** Answers `null` when nothing came back in time. */
function post(connection: HttpConnection, path: string, body: object, key: string): Promise<HttpAnswer | null> {
  return connection.post(path, JSON.stringify(body), { 'Idempotency-Key': key }).catch(() => null)
}

function endingOf(answer: HttpAnswer | null): Ending {
  if (answer === null) return 'unanswered'
  if (answer.status === 503 && answer.retryAfter !== undefined) return 'refused'
  return codeOf(answer)
}

function codeOf({ status, body }: HttpAnswer): string {
  return status < 400 ? String(status) : (JSON.parse(body) as { code: string }).code
}

function idOf({ body }: HttpAnswer): string {
  return (JSON.parse(body) as { id: string }).id
}
