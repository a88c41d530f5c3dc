import type { ExecutionContext } from 'ava'
import type { Grant, RateLimitAnswer } from '../../gateway/limits/caller-lease.ts'
import { LeasedLimits } from '../../gateway/limits/leased-limits.ts'
import type { Limit } from '../../gateway/limits/local-bucket.ts'
import { createRedis, type RedisClient } from '../../shared/redis.ts'
import type { Admission } from './admissions.ts'
import { createRecordedLog } from './recorded-log.ts'
import { until } from './until.ts'

export interface GatewayOptions {
  /** How many gateways it believes there are. */
  readonly gateways?: number
  /** For positive controls: what the gateway is to believe of an answer of Redis. */
  readonly forge?: (grant: Grant) => Grant
  /** For positive controls: how long Redis is to believe that tokens lie in gateways. */
  readonly lifeMs?: number
}

/** The limits of one gateway on a real Redis, and what can be seen of them. */
export interface LimitingGateway {
  /** One request of a caller. */
  ask(caller: string, limit: Limit): RateLimitAnswer | Promise<RateLimitAnswer>
  /** One request of a caller; adds to `admissions` where it is let in. */
  request(caller: string, limit: Limit, admissions: Admission[]): Promise<boolean>
  /** Answers of Redis so far. */
  grants(): readonly Grant[]
  /** Decisions that it made alone. */
  localDecisions(): number
}

export async function openGateway(
  t: ExecutionContext,
  redisUrl: string,
  { gateways = 4, forge = (grant) => grant, lifeMs }: GatewayOptions = {},
): Promise<LimitingGateway> {
  const redis = createRedis({ url: redisUrl, name: 'limits', log: createRecordedLog().log })
  t.teardown(() => redis.disconnect())
  await until('Redis is there', () => redis.status === 'ready')
  const grants: Grant[] = []
  let localDecisions = 0
  const observed: Pick<RedisClient, 'defineCommand' | 'grantTokens'> = {
    defineCommand: (name, definition) => redis.defineCommand(name, definition),
    async grantTokens(key, max, windowMs, wanted, ownLifeMs) {
      const grant = forge(await redis.grantTokens(key, max, windowMs, wanted, lifeMs ?? ownLifeMs))
      grants.push(grant)
      return grant
    },
  }
  const limits = new LeasedLimits({
    redis: observed as RedisClient,
    gateways,
    onLocal: () => {
      localDecisions += 1
    },
  })
  const ask = (caller: string, { max, windowMs }: Limit) => limits.ratelimiter(caller, 0, windowMs, max)
  return {
    ask,
    async request(caller, limit, admissions) {
      const askedAt = performance.now()
      const answer = ask(caller, limit)
      const [remaining] = answer instanceof Promise ? await answer : answer
      if (remaining > 0) admissions.push({ askedAt, admittedAt: performance.now() })
      return remaining > 0
    },
    grants: () => grants,
    localDecisions: () => localDecisions,
  }
}

export function openGateways(
  count: number,
  t: ExecutionContext,
  redisUrl: string,
  options?: GatewayOptions,
): Promise<LimitingGateway[]> {
  return Promise.all(Array.from({ length: count }, () => openGateway(t, redisUrl, options)))
}

/** Asks until a lease of at least so many tokens has just been taken. */
export async function untilLeaseOf(tokens: number, gateway: LimitingGateway, ask: () => unknown): Promise<void> {
  for (let i = 0; i < 20_000; i++) {
    const seen = gateway.grants().length
    await ask()
    const [granted = 0] = gateway.grants()[seen] ?? []
    if (granted >= tokens) return
  }
  throw new Error(`no lease of ${tokens} tokens`)
}
