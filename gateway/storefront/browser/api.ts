import type { Problem } from '../../http/problems.ts'

/** The one place that fetches. */

export interface AskOptions {
  /** Sent as JSON. */
  readonly body?: unknown
  /** Of one intention: the same key again never does a thing twice. */
  readonly idempotencyKey?: string
  /** Of the waiting room, where the event has one. */
  readonly queuePass?: string
  /** Default: 10 s. */
  readonly deadlineMs?: number
}

/** A problem document, or `offline`: no answer came. */
export type Fault = Pick<Problem, 'title' | 'detail' | 'retryable'> & {
  readonly code: Problem['code'] | 'offline'
  /** 0 without an answer. */
  readonly status: number
  readonly [extra: string]: unknown
}

export type Answer<Value> =
  | { readonly ok: true; readonly status: number; readonly value: Value; readonly headers: Headers }
  | { readonly ok: false; readonly problem: Fault }

const offline: Fault = {
  code: 'offline',
  status: 0,
  title: 'No connection',
  detail: 'No answer came.',
  retryable: true,
}

/** Asks the gateway. Never rejects: no network, no answer in time and an answer cut short are the problem `offline`. */
export async function ask<Value>(
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  { body, idempotencyKey, queuePass, deadlineMs = 10_000 }: AskOptions = {},
): Promise<Answer<Value>> {
  // Nothing by itself: with a header more, what a page preloads would be loaded twice.
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
    const value = text === '' ? undefined : JSON.parse(text)
    if (response.ok) return { ok: true, status: response.status, value: value as Value, headers: response.headers }
    return { ok: false, problem: value as Fault }
  } catch {
    return { ok: false, problem: offline }
  }
}
