import bunyan from 'bunyan'
import { createRedis } from '#shared/redis.ts'
import type { Limit } from '../../../../gateway/limits/local-bucket.ts'
import { TokenBuckets } from '../../../../gateway/limits/token-buckets.ts'
import { until } from '../../../support/until.ts'
import type { History } from '../../history.ts'
import { counts } from '../../instance-names.ts'

export interface LimitedGatewayParts {
  /** Its number, from 0. */
  readonly gateway: number
  readonly redisUrl: string
  /** The caller who is limited, and how. */
  readonly caller: string
  readonly limit: Limit
  /** Gets every request, and what was decided without Redis. */
  readonly history: History
}

/** The limits of one gateway, in this process. */
export class LimitedGateway {
  readonly #parts: LimitedGatewayParts
  readonly #redis: ReturnType<typeof createRedis>
  readonly #limits: TokenBuckets
  #alone = 0

  constructor(parts: LimitedGatewayParts) {
    this.#parts = parts
    const log = bunyan.createLogger({ name: 'trial', level: 'fatal' })
    this.#redis = createRedis({ url: parts.redisUrl, name: 'trial', log })
    const onLocal = (): void => {
      this.#alone += 1
    }
    this.#limits = new TokenBuckets({ redis: this.#redis, gateways: counts.gateway, onLocal })
    this.noteLocalDecisions()
  }

  /** How often it has decided without Redis. */
  get alone(): number {
    return this.#alone
  }

  /** Waits until a request is decided without Redis. */
  untilAlone(): Promise<void> {
    return until('it decides alone', () => this.#isAlone())
  }

  /** Waits until a request is decided with Redis. */
  untilTogether(): Promise<void> {
    return until('it decides with Redis', async () => this.#redis.status === 'ready' && !(await this.#isAlone()))
  }

  /** Asks until it is refused, at most so many times. */
  async takeAtMost(requests: number): Promise<void> {
    for (let asked = 0; asked < requests; asked += 1) if (!(await this.#ask())) return
  }

  noteLocalDecisions(): void {
    const { gateway, history } = this.#parts
    const now = history.now()
    history.localDecisions.push({ gateway, beganAt: now, endedAt: now, count: this.#alone })
  }

  close(): void {
    this.#redis.disconnect()
  }

  async #isAlone(): Promise<boolean> {
    const before = this.#alone
    await this.#ask()
    return this.#alone > before
  }

  /** Whether one request is admitted. */
  async #ask(): Promise<boolean> {
    const { gateway, caller, limit, history } = this.#parts
    const beganAt = history.now()
    const [left] = await this.#limits.ratelimiter(caller, 0, limit.windowMs, limit.max)
    history.probes.push({ gateway, beganAt, endedAt: history.now(), outcome: left > 0 ? 'admitted' : 'refused' })
    return left > 0
  }
}
