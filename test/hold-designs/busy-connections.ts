import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'

const everyMs = 20

interface Sample {
  readonly atMs: number
  readonly busy: number
}

/** Asks PostgreSQL, on a connection of its own, how many of an application's connections are doing or holding something. */
export class BusyConnections {
  readonly #client: pg.Client
  readonly #applicationName: string
  readonly #closing = new AbortController()
  readonly #begin = performance.now()
  readonly #samples: Sample[] = []
  readonly #watching: Promise<void>

  private constructor(client: pg.Client, applicationName: string) {
    this.#client = client
    this.#applicationName = applicationName
    this.#watching = this.#watch()
    // Thrown by `close`.
    this.#watching.catch(() => undefined)
  }

  static async watch({ url, applicationName }: { url: string; applicationName: string }): Promise<BusyConnections> {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000, query_timeout: 10_000 })
    await client.connect()
    return new BusyConnections(client, applicationName)
  }

  /** Over the first `withinMs` of watching. */
  average(withinMs: number): number {
    const samples = this.#samples.filter(({ atMs }) => atMs <= withinMs)
    return samples.reduce((total, { busy }) => total + busy, 0) / Math.max(1, samples.length)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#watching.finally(() => this.#client.end())
  }

  async #watch(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      const { rows } = await this.#client.query<{ busy: number }>(
        // Idle between the statements of a transaction is busy too: nobody else can use that connection.
        `SELECT count(*)::int AS busy FROM pg_stat_activity WHERE application_name = $1 AND state <> 'idle'`,
        [this.#applicationName],
      )
      this.#samples.push({ atMs: performance.now() - this.#begin, busy: rows[0]?.busy ?? 0 })
      await wait(everyMs, undefined, { signal: this.#closing.signal }).catch(() => undefined)
    }
  }
}
