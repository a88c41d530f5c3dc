import { AssertionError } from 'node:assert'
import type { ExecutionContext } from 'ava'
import { errorCodeOf, TicketingError } from '#shared/errors.ts'

/** The refusal of a request that must not succeed. Throws when it does, or fails in any other way. */
export async function refusalOf(request: Promise<unknown>): Promise<TicketingError> {
  const answer = await request.catch((error: unknown) => error)
  if (answer instanceof TicketingError) return answer
  if (answer instanceof Error) throw answer
  throw new AssertionError({ message: `expected a refusal, got ${JSON.stringify(answer)}` })
}

/** A request is refused: with this code, or because of the field that this pointer names. Answers the refusal. */
export async function assertRefused(
  t: ExecutionContext,
  request: Promise<unknown>,
  expected: string,
  message = expected,
): Promise<TicketingError> {
  const refusal = await refusalOf(request)
  if (expected.startsWith('/')) {
    t.like(refusal, { code: 'validation_failed', extra: { errors: [{ pointer: expected }] } }, message)
  } else t.is(refusal.code as string, expected, message)
  return refusal
}

/** What came of a request: `success`, or the code of its refusal. */
export const outcomeOf = (request: Promise<unknown>, success = 'done'): Promise<string> =>
  request.then(() => success, errorCodeOf)

/** What came of requests, each outcome once, sorted. */
export const outcomesOf = async (requests: readonly Promise<unknown>[], success?: string): Promise<string[]> =>
  [...new Set(await Promise.all(requests.map((request) => outcomeOf(request, success))))].sort()
