import type { ErrorCode } from '#shared/errors.ts'
import { problemKinds, statusOf } from '../http/problems.ts'
import { describeProblemHeaders } from './headers.ts'
import { reference, type Schema } from './schemas.ts'

/** Errors of every path, for requests that cannot be read. */
const unreadable: readonly ErrorCode[] = ['malformed_request', 'head_too_large', 'request_too_slow']

/** Errors of every path that counts against the limit of its address. Only demo mode checks hosts. */
export const limitedErrors: readonly ErrorCode[] = ['misdirected', 'expectation_failed']

/** Errors of every route that calls a worker, besides those of its contract. */
export const generalErrors: readonly ErrorCode[] = [
  ...limitedErrors,
  ...(['validation_failed', 'rate_limited', 'internal'] as const),
  ...(['no_worker', 'overloaded', 'unavailable', 'worker_timeout'] as const),
]

/** Additional errors of routes with a body. */
export const bodyErrors: readonly ErrorCode[] = [
  'malformed_json',
  'body_too_large',
  'unsupported_media_type',
  'card_number_refused',
]

/** The error answers of an operation, by status: these codes and those of every path. */
export function problemResponses(codes: readonly ErrorCode[], isLimited: boolean): Record<string, Schema> {
  const byStatus = Map.groupBy(new Set([...unreadable, ...codes]), statusOf)
  return Object.fromEntries(
    [...byStatus].map(([status, ofStatus]) => [
      status,
      problemResponse(ofStatus, describeProblemHeaders(status, isLimited)),
    ]),
  )
}

function problemResponse(codes: readonly ErrorCode[], headers: Schema): Schema {
  const titles = problemKinds()
    .filter(({ code }) => codes.includes(code))
    .map(({ title }) => title)
  const ofTheseCodes = { properties: { code: { enum: codes } } }
  return {
    description: [...new Set(titles)].join('; '),
    headers,
    content: { 'application/problem+json': { schema: { allOf: [reference('Problem'), ofTheseCodes] } } },
  }
}
