import { Counter } from 'prom-client'
import type { ErrorCode } from '#shared/errors.ts'
import { type BoundObserve, DurationHistogram } from '#shared/observability/duration-histogram.ts'
import { type Metrics, Tally } from '#shared/observability/metrics.ts'
import type { ConcurrencyLimit } from './limits/concurrency-limit.ts'
import type { RateClass } from './limits/quota.ts'

/** A request, described by labels with few values: a route template such as `/events`, never a path with ids. */
export interface AnsweredRequest {
  readonly method: string
  readonly endpoint: string
  readonly status: number
  readonly seconds: number
  /** Set if the trace is recorded. */
  readonly isRecorded: boolean
}

/** Methods with their own label. All others share `_OTHER`, as in OpenTelemetry. */
const knownMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** The limit that a connection reached; see `http/connections.ts`. */
const cutReasons = ['too_many', 'too_many_of_address', 'pipelining', 'slow_reader'] as const
export type CutReason = (typeof cutReasons)[number]

/** The gateway's own metrics. */
export class GatewayMetrics {
  readonly #requestDuration: DurationHistogram<'http_request_method' | 'http_route' | 'http_response_status_code'>
  /** By endpoint, then by status and method: building one joined key would cost more than the lookups. */
  readonly #boundDurations = new Map<string, Map<number, BoundObserve>>()
  #activeRequests = 0
  readonly #cacheHits: Tally<'endpoint', string>
  readonly #cacheMisses: Tally<'endpoint', string>
  readonly #cacheErrors: Counter
  readonly #limited: Tally<'rate_class', RateClass>
  readonly #locallyLimited: Counter
  readonly #unreadable: Counter<'code'>
  readonly #newHoldsRefused: Counter
  readonly #metrics: Metrics
  readonly #connectionsCut: Counter<'reason'>
  readonly #brokenOff: Counter

  constructor(metrics: Metrics) {
    this.#metrics = metrics
    const registers = [metrics.registry]
    const counter = (name: string, help: string) => new Counter({ name, help, registers })
    this.#requestDuration = new DurationHistogram(metrics, {
      name: 'http_server_request_duration_seconds',
      help: 'Time to answer an HTTP request.',
      labelNames: ['http_request_method', 'http_route', 'http_response_status_code'],
    })
    metrics.watch('http_server_active_requests', 'HTTP requests in progress.', () => this.#activeRequests)
    this.#cacheHits = new Tally(metrics, {
      name: 'cache_hits_total',
      help: 'Reads answered from the reply cache.',
      labelName: 'endpoint',
    })
    this.#cacheMisses = new Tally(metrics, {
      name: 'cache_misses_total',
      help: 'Reads for which a worker was called.',
      labelName: 'endpoint',
    })
    this.#cacheErrors = counter('cache_errors_total', 'Reads and writes of the reply cache that failed.')
    this.#limited = new Tally(metrics, {
      name: 'rate_limited_total',
      help: 'Requests refused by their rate limit.',
      labelName: 'rate_class',
    })
    this.#locallyLimited = counter('rate_limit_local_total', 'Requests limited locally while Redis was unavailable.')
    this.#newHoldsRefused = counter('new_holds_refused_total', 'Requests for a hold refused because of overload.')
    this.#connectionsCut = new Counter({
      name: 'http_server_connections_cut_total',
      help: 'Connections refused or cut because a limit was reached.',
      labelNames: ['reason'],
      registers,
    })
    for (const reason of cutReasons) this.#connectionsCut.inc({ reason }, 0)
    this.#brokenOff = counter('http_server_broken_responses_total', 'Responses that were cut short.')
    this.#unreadable = new Counter({
      name: 'http_server_unreadable_requests_total',
      help: 'Requests answered with an error because they could not be read as HTTP.',
      labelNames: ['code'],
      registers,
    })
  }

  /** Exports the limit of new holds and the number in flight. */
  watchNewHolds(newHolds: ConcurrencyLimit): void {
    this.#metrics.watch(
      'new_holds_limit',
      'In-flight requests to take or to pay for a hold, above which new holds are refused.',
      () => newHolds.limit,
    )
    this.#metrics.watch(
      'new_holds_in_flight',
      'Requests in flight that take a hold or pay for one.',
      () => newHolds.inFlight,
    )
  }

  newHoldRefused(): void {
    this.#newHoldsRefused.inc()
  }

  couldNotRead(code: ErrorCode): void {
    this.#unreadable.inc({ code })
  }

  connectionCut(reason: CutReason): void {
    this.#connectionsCut.inc({ reason })
  }

  responseBroke(): void {
    this.#brokenOff.inc()
  }

  requestBegan(): void {
    this.#activeRequests += 1
  }

  requestEnded(): void {
    this.#activeRequests -= 1
  }

  requestAnswered({ method, endpoint, status, seconds, isRecorded }: AnsweredRequest): void {
    const statusAndMethod = status * (knownMethods.length + 1) + knownMethods.indexOf(method) + 1
    const observe =
      this.#boundDurations.get(endpoint)?.get(statusAndMethod) ??
      this.#bindDuration({ method, endpoint, status }, statusAndMethod)
    observe(seconds, isRecorded)
  }

  #bindDuration(
    { method, endpoint, status }: Pick<AnsweredRequest, 'method' | 'endpoint' | 'status'>,
    statusAndMethod: number,
  ): BoundObserve {
    const ofEndpoint = this.#boundDurations.get(endpoint) ?? new Map<number, BoundObserve>()
    this.#boundDurations.set(endpoint, ofEndpoint)
    const observe = this.#requestDuration.bind({
      http_request_method: knownMethods.includes(method) ? method : '_OTHER',
      http_route: endpoint,
      http_response_status_code: String(status),
    })
    ofEndpoint.set(statusAndMethod, observe)
    return observe
  }

  /** Exports both counters of a cacheable route as 0, so that `rate()` sees the first hit. */
  announceCachedEndpoint(endpoint: string): void {
    for (const tally of [this.#cacheHits, this.#cacheMisses]) tally.count(endpoint, 0)
  }

  cacheHit(endpoint: string): void {
    this.#cacheHits.count(endpoint)
  }

  cacheMissed(endpoint: string): void {
    this.#cacheMisses.count(endpoint)
  }

  cacheFailed(): void {
    this.#cacheErrors.inc()
  }

  announceRateClass(rateClass: RateClass): void {
    this.#limited.count(rateClass, 0)
  }

  limited(rateClass: RateClass): void {
    this.#limited.count(rateClass)
  }

  limitedLocally(): void {
    this.#locallyLimited.inc()
  }
}
