import { randomUUID } from 'node:crypto'
import bunyan from 'bunyan'
import { createRedis } from '#shared/redis.ts'
import { LeasedLimits } from '../../../../gateway/limits/leased-limits.ts'
import { until } from '../../../support/until.ts'
import { limitsHold } from '../../checks/admissions.ts'
import { History } from '../../history.ts'
import { counts } from '../../instance-names.ts'
import { FaultProxy } from '../../proxy.ts'
import { probedLimit } from '../../settings.ts'
import type { Trial } from './trial.ts'

const outages = 3
/** More than a gateway may admit, whatever is wrong with it. */
const atMost = 10 * probedLimit.max

/** Redis goes and comes, and whoever is limited asks for all they can get each time it is away: the limit holds all the same. */
export const outagesOfRedis: Trial = async ({ redisUrl }) => {
  const targetPort = (): number => Number(new URL(redisUrl).port)
  const proxy = await FaultProxy.start({ targetPort, replies: 'to client' })
  const history = new History()
  const key = randomUUID()
  const gateways = Array.from({ length: counts.gateway }, (_, gateway) => new Gateway({ gateway, key, proxy, history }))
  try {
    for (const gateway of gateways) gateway.noteLocalDecisions()
    for (let outage = 0; outage < outages; outage += 1) {
      proxy.blackHole()
      proxy.cut()
      for (const gateway of gateways) await gateway.untilAlone()
      for (const gateway of gateways) await gateway.takeAll()
      proxy.pass()
      for (const gateway of gateways) await gateway.untilTogether()
    }
    for (const gateway of gateways) await gateway.takeAll()
    for (const gateway of gateways) gateway.noteLocalDecisions()
    return limitsHold({ history, faults: [] })
  } finally {
    for (const gateway of gateways) gateway.close()
    await proxy.close()
  }
}

interface GatewayParts {
  readonly gateway: number
  /** Of the caller who is limited. */
  readonly key: string
  readonly proxy: FaultProxy
  readonly history: History
}

/** The limits of one gateway. */
class Gateway {
  readonly #parts: GatewayParts
  readonly #redis: ReturnType<typeof createRedis>
  readonly #limits: LeasedLimits
  #alone = 0

  constructor(parts: GatewayParts) {
    this.#parts = parts
    const log = bunyan.createLogger({ name: 'trial', level: 'fatal' })
    this.#redis = createRedis({ url: `redis://127.0.0.1:${parts.proxy.port}`, name: 'trial', log })
    const onLocal = (): void => {
      this.#alone += 1
    }
    this.#limits = new LeasedLimits({ redis: this.#redis, gateways: counts.gateway, onLocal })
  }

  untilAlone(): Promise<void> {
    return until('it decides alone', () => this.#isAlone())
  }

  untilTogether(): Promise<void> {
    return until('it decides with Redis', async () => this.#redis.status === 'ready' && !(await this.#isAlone()))
  }

  /** Asks until it is refused. */
  async takeAll(): Promise<void> {
    for (let asked = 0; asked < atMost; asked += 1) if (!(await this.#ask())) return
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
    const { gateway, key, history } = this.#parts
    const { max, windowMs } = probedLimit
    const beganAt = history.now()
    const [left] = await this.#limits.ratelimiter(key, 0, windowMs, max)
    history.probes.push({ gateway, beganAt, endedAt: history.now(), outcome: left > 0 ? 'admitted' : 'refused' })
    return left > 0
  }
}
