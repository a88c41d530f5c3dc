import type { Problem } from '../../http/problems.ts'

/** The only module that fetches. */

export interface AskOptions {
  /** Sent as JSON. */
  readonly body?: unknown
  /** Belongs to one intention: repeated with the same key, it is carried out once. */
  readonly idempotencyKey?: string
  /** Pass of the waiting room, if the event has one. */
  readonly queuePass?: string
  /** Default: 10 s. */
  readonly deadlineMs?: number
}

/** A problem document, or `offline` if no answer of the gateway arrived. */
export type Fault = Pick<Problem, 'title' | 'detail' | 'retryable'> & {
  readonly code: Problem['code'] | 'offline'
  /** 0 without an answer. */
  readonly status: number
  readonly [extra: string]: unknown
}

export type Answer<Value> =
  | { readonly ok: true; readonly status: number; readonly value: Value; readonly headers: Headers }
  | { readonly ok: false; readonly problem: Fault }

/** No answer of the gateway arrived. */
export const offline: Fault = {
  code: 'offline',
  status: 0,
  title: 'No connection',
  detail: 'No answer came.',
  retryable: true,
}

/**
 * Sends a request to the gateway. Never rejects: without a network, without an answer in time, with a truncated answer, or with an error
 * of a proxy that is no problem document, the problem is `offline`.
 */
export async function ask<Value>(
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  { body, idempotencyKey, queuePass, deadlineMs = 10_000 }: AskOptions = {},
): Promise<Answer<Value>> {
  // No header by default: with a further header the browser would load preloaded addresses twice.
  const headers: Record<string, string> = {}
  if (body !== undefined) headers['Content-Type'] = 'application/json'
  if (idempotencyKey !== undefined) headers['Idempotency-Key'] = idempotencyKey
  if (queuePass !== undefined) headers['Queue-Pass'] = queuePass
  try {
    const response = await fetch(path, {
      method,
      headers,
      signal: AbortSignal.timeout(deadlineMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const value: unknown = text === '' ? undefined : JSON.parse(text)
    if (response.ok) return { ok: true, status: response.status, value: value as Value, headers: response.headers }
    return { ok: false, problem: isProblem(value) ? value : offline }
  } catch {
    return { ok: false, problem: offline }
  }
}

function isProblem(value: unknown): value is Fault {
  return typeof value === 'object' && value !== null && 'code' in value && 'status' in value
}
