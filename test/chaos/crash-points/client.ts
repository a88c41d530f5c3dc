import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { type Answer, ask } from '../../support/http.ts'
import { verdictOf } from '../history.ts'
import type { CrashSystem } from './crash-system.ts'

/** What a buyer wants, under a key of its own: however often it is asked, it is done once. */
export interface BuyerRequest {
  readonly userId: string
  readonly method: 'POST' | 'DELETE'
  readonly path: string
  readonly key: string
  /** Its body beside the buyer's name; a DELETE has none. */
  readonly json?: Readonly<Record<string, unknown>>
}

/** The memory of a cancellation whose worker died is taken over some 9 s after it began; then it may take 8 s again. */
const answeredWithinMs = 25_000
const askAgainMs = 200

export const newUser = (): string => `buyer-${randomUUID()}`
export const requestToHold = (userId: string, eventId: string, seatNo = 0): BuyerRequest =>
  newRequest({ userId, path: `/events/${eventId}/holds`, json: { seat_nos: [seatNo] } })
export const requestToBuy = (userId: string, holdId: string, token = 'tok_ok'): BuyerRequest =>
  newRequest({ userId, path: '/purchase', json: { hold_id: holdId, payment_token: token } })
export const requestToCancel = (userId: string, bookingId: string): BuyerRequest =>
  newRequest({ userId, path: `/bookings/${bookingId}/cancel`, json: {} })

export const requestToRelease = (userId: string, holdId: string): BuyerRequest => ({
  userId,
  method: 'DELETE',
  path: `/holds/${holdId}`,
  key: randomUUID(),
})

const newRequest = (
  request: Pick<BuyerRequest, 'userId' | 'path'> & { json: Record<string, unknown> },
): BuyerRequest => ({ ...request, method: 'POST', key: randomUUID() })

/** Asks once. A connection that breaks, or stays silent for 15 s, throws. */
export function askOnce({ url }: CrashSystem, { userId, method, path, key, json }: BuyerRequest): Promise<Answer> {
  const target = new URL(path, url)
  if (json === undefined) target.searchParams.set('user_id', userId)
  return ask(target.href, {
    method,
    headers: { 'idempotency-key': key },
    ...(json === undefined ? {} : { json: { ...json, user_id: userId } }),
  })
}

/** Asks with the same key until the answer is final. Throws with the last answer when none is in time. */
export async function askUntilFinal(system: CrashSystem, request: BuyerRequest): Promise<Answer> {
  const giveUpAt = performance.now() + answeredWithinMs
  for (;;) {
    const answer = await askOnce(system, request).catch((error: Error) => error)
    if (!(answer instanceof Error) && isFinal(answer)) return answer
    if (performance.now() > giveUpAt) {
      throw new Error(`no final answer to ${request.method} ${request.path}: ${describe(answer)}`)
    }
    await wait(askAgainMs, undefined, { signal: system.stopping })
  }
}

/** As `askUntilFinal`; throws unless the answer has that status. */
export async function askFor(system: CrashSystem, request: BuyerRequest, status: number): Promise<Answer> {
  const answer = await askUntilFinal(system, request)
  if (answer.status !== status) {
    throw new Error(`${request.method} ${request.path} answered ${describe(answer)}, not ${status}`)
  }
  return answer
}

export const isFinal = ({ status, text, body }: Answer): boolean =>
  verdictOf({ kind: 'answer', status, text, body: body ?? {} }) !== 'open'

/** `201`, `402 payment_declined`. */
export function describe(answer: Answer | Error): string {
  if (answer instanceof Error) return answer.message
  return [answer.status, answer.body?.code].filter(Boolean).join(' ')
}
