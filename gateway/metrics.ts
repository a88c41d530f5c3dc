import { Counter, Histogram, Registry } from 'prom-client'

/** Everything the gateway counts. `endpoint` is always a route template such as `/events`, never a path with ids. */
export class GatewayMetrics {
  readonly #registry = new Registry()
  readonly #instance: string

  readonly #requestDuration = new Histogram({
    name: 'http_server_request_duration_seconds',
    help: 'Time to answer an HTTP request.',
    labelNames: ['method', 'endpoint', 'status', 'instance'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [this.#registry],
  })
  readonly #cacheHits = this.#cacheCounter('cache_hits_total', 'Replies answered from the reply cache.')
  readonly #cacheMisses = this.#cacheCounter('cache_misses_total', 'Replies that had to be asked from a worker.')
  readonly #cacheErrors = this.#counter('cache_errors_total', 'Reads and writes of the reply cache that failed.')
  readonly #locallyLimited = this.#counter('rate_limit_local_total', 'Requests limited locally, Redis being away.')

  constructor(instance: string) {
    this.#instance = instance
    this.#cacheErrors.inc({ instance }, 0)
    this.#locallyLimited.inc({ instance }, 0)
  }

  requestAnswered(request: { method: string; endpoint: string; status: number; seconds: number }): void {
    const { method, endpoint, status, seconds } = request
    this.#requestDuration.observe({ method, endpoint, status: String(status), instance: this.#instance }, seconds)
  }

  /** Makes both counters of a cached route appear at 0, so that `rate()` sees the first hit. */
  announceCachedEndpoint(endpoint: string): void {
    this.#cacheHits.inc({ endpoint, instance: this.#instance }, 0)
    this.#cacheMisses.inc({ endpoint, instance: this.#instance }, 0)
  }

  cacheHit(endpoint: string): void {
    this.#cacheHits.inc({ endpoint, instance: this.#instance })
  }

  cacheMissed(endpoint: string): void {
    this.#cacheMisses.inc({ endpoint, instance: this.#instance })
  }

  cacheFailed(): void {
    this.#cacheErrors.inc({ instance: this.#instance })
  }

  limitedLocally(): void {
    this.#locallyLimited.inc({ instance: this.#instance })
  }

  /** Prometheus text format. */
  expose(): Promise<string> {
    return this.#registry.metrics()
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  #cacheCounter(name: string, help: string): Counter<'endpoint' | 'instance'> {
    return new Counter({ name, help, labelNames: ['endpoint', 'instance'], registers: [this.#registry] })
  }

  #counter(name: string, help: string): Counter<'instance'> {
    return new Counter({ name, help, labelNames: ['instance'], registers: [this.#registry] })
  }
}
