import { SpanKind } from '@opentelemetry/api'
import type Logger from 'bunyan'
import type { Database } from '#shared/database/postgres.ts'
import { injectTraceContext, withRemoteSpan } from '#shared/observability/tracing.ts'
import { type PeriodicJob, startPeriodicJob } from '#shared/periodic-job.ts'
import { signWebhook } from '#shared/webhook-signature.ts'
import { pauseBeforeNextAttemptMs } from './callback-times.ts'
import {
  type ClaimedCallback,
  claimCallbacks,
  findEndpoint,
  nextCallbackDueMs,
  recordAttempt,
} from './store/callbacks.ts'

const maxInFlight = 20
const attemptMs = 5_000
/** Bounds how late it is noticed that another process wrote a callback or changed the endpoint. */
const longestWaitMs = 1_000
const shortestWaitMs = 10

interface CallbackSenderOptions {
  readonly db: Database
  readonly log: Logger
  /** Without it nothing is sent; callbacks wait. */
  readonly secret: string | undefined
  /** Where callbacks go while no endpoint was set at run time. */
  readonly fallbackUrl: string | undefined
}

/** Sends callbacks when they are due, again and again until each was accepted or is deleted as too old. */
export class CallbackSender {
  readonly #options: CallbackSenderOptions
  readonly #stopped = new AbortController()
  readonly #inFlight = new Set<Promise<void>>()
  readonly #sending: PeriodicJob | undefined
  /** Wakes it when the next callback is due. */
  #alarm: NodeJS.Timeout | undefined

  /** Begins at once. */
  constructor(options: CallbackSenderOptions) {
    this.#options = options
    const { secret, log } = options
    if (secret === undefined) return
    this.#sending = startPeriodicJob({ name: 'callbacks', everyMs: longestWaitMs, log }, () => this.#sendDue(secret))
  }

  /** Says that a callback may have been written. */
  wake(): void {
    this.#sending?.wake()
  }

  /** Cuts off what is in flight, which is then due again, and resolves when nothing uses the database any more. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.#sending?.stop()
    clearTimeout(this.#alarm)
    await Promise.all(this.#inFlight)
  }

  async #sendDue(secret: string): Promise<false> {
    const { db, fallbackUrl } = this.#options
    const room = maxInFlight - this.#inFlight.size
    // A callback that ends makes room and wakes us.
    if (room === 0) return false
    const url = (await findEndpoint(db)) ?? fallbackUrl
    if (url === undefined) return false
    const claimed = await claimCallbacks(db, room)
    for (const callback of claimed) this.#begin(callback, url, secret)
    if (claimed.length === room) return false
    const dueMs = await nextCallbackDueMs(db)
    clearTimeout(this.#alarm)
    if (dueMs !== null && dueMs < longestWaitMs) {
      this.#alarm = setTimeout(() => this.wake(), Math.max(shortestWaitMs, dueMs))
    }
    return false
  }

  #begin(callback: ClaimedCallback, url: string, secret: string): void {
    const attempt = this.#attempt(callback, url, secret)
      .catch((error: unknown) => {
        this.#options.log.warn({ err: error }, 'what became of a callback was not written down; it is sent again')
      })
      .finally(() => {
        this.#inFlight.delete(attempt)
        this.wake()
      })
    this.#inFlight.add(attempt)
  }

  async #attempt(callback: ClaimedCallback, url: string, secret: string): Promise<void> {
    const { db, log } = this.#options
    const { eventId, copy, attempts } = callback
    const { status, error } = await this.#send(callback, url, secret)
    const isAccepted = status !== null && status >= 200 && status < 300
    const pauseMs = isAccepted ? null : pauseBeforeNextAttemptMs(attempts)
    await recordAttempt(db, callback, { status, pauseMs })
    const fields = { event_id: eventId, copy, attempts, status }
    if (isAccepted) log.debug(fields, 'callback accepted')
    else log.info({ ...fields, pause_ms: pauseMs, reason: error }, 'callback not accepted')
  }

  /** `status` is null when there was no answer, for the reason in `error`. */
  #send(
    { body, trace }: ClaimedCallback,
    url: string,
    secret: string,
  ): Promise<{ status: number | null; error?: string | undefined }> {
    const attributes = { 'http.request.method': 'POST', 'url.full': url }
    const origin = { traceparent: trace ?? undefined }
    return withRemoteSpan(origin, 'send callback', { kind: SpanKind.CLIENT, attributes }, async (span) => {
      const headers: Record<string, string> = {
        'content-type': 'application/json',
        'webhook-signature': signWebhook({ secret, body, at: Date.now() }),
      }
      injectTraceContext(headers)
      try {
        const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(attemptMs)])
        const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' })
        span.setAttribute('http.response.status_code', response.status)
        // Nobody reads it; the connection is free for the next one.
        await response.body?.cancel()
        return { status: response.status }
      } catch (error) {
        return { status: null, error: reasonOf(error) }
      }
    })
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message : error.message
}
