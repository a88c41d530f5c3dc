import type { ExecutionContext } from 'ava'
import type { Grant } from '../../gateway/limits/lease.ts'
import type { Counted, Limit } from '../../gateway/limits/local-bucket.ts'
import { TokenBuckets } from '../../gateway/limits/token-buckets.ts'
import { createRedis, type RedisClient } from '../../shared/redis.ts'
import { openRedis } from './open-redis.ts'
import { createRecordedLog } from './recorded-log.ts'
import { until } from './until.ts'

export interface GatewayOptions {
  /** How many gateways it believes there are. */
  readonly gateways?: number
  /** Whether it waits for Redis no longer than a gateway does. Else a busy machine does not make it decide alone. */
  readonly isImpatient?: boolean
  /** For positive controls: what the gateway is to believe of an answer of Redis. */
  readonly forge?: (grant: Grant) => Grant
}

/** The limits of one gateway on a real Redis, and what can be seen of them. */
export interface LimitingGateway {
  /** One request of a caller. */
  ask(caller: string, limit: Limit): Counted | Promise<Counted>
  /** One request of a caller; adds to `admittedAt` where it is let in. */
  request(caller: string, limit: Limit, admittedAt: number[]): Promise<boolean>
  /** Answers of Redis so far. */
  grants(): readonly Grant[]
  /** How long the slowest of them took. */
  slowestGrantMs(): number
  /** Decisions that it made alone. */
  localDecisions(): number
}

export async function openGateway(
  t: ExecutionContext,
  redisUrl: string,
  { gateways = 4, isImpatient = false, forge = (grant) => grant }: GatewayOptions = {},
): Promise<LimitingGateway> {
  const redis: RedisClient = isImpatient
    ? createRedis({ url: redisUrl, name: 'limits', log: createRecordedLog().log })
    : openRedis(redisUrl)
  t.teardown(() => redis.disconnect())
  await until('Redis is there', () => redis.status === 'ready')
  const grants: Grant[] = []
  let slowestGrantMs = 0
  let localDecisions = 0
  const observed: Pick<RedisClient, 'defineCommand' | 'grantTokens'> = {
    defineCommand: (name, definition) => redis.defineCommand(name, definition),
    async grantTokens(key, max, windowMs, wanted, freezeMs, leased, uncounted) {
      const askedAt = performance.now()
      const grant = forge(await redis.grantTokens(key, max, windowMs, wanted, freezeMs, leased, uncounted))
      slowestGrantMs = Math.max(slowestGrantMs, performance.now() - askedAt)
      grants.push(grant)
      return grant
    },
  }
  const limits = new TokenBuckets({
    redis: observed as RedisClient,
    gateways,
    onLocal: () => {
      localDecisions += 1
    },
    onError: () => undefined,
  })
  const ask = (caller: string, { max, windowMs }: Limit) => limits.ratelimiter(caller, 0, windowMs, max)
  return {
    ask,
    async request(caller, limit, admittedAt) {
      const answer = ask(caller, limit)
      const [remaining] = answer instanceof Promise ? await answer : answer
      if (remaining > 0) admittedAt.push(performance.now())
      return remaining > 0
    },
    grants: () => grants,
    slowestGrantMs: () => slowestGrantMs,
    localDecisions: () => localDecisions,
  }
}

export const openGateways = (
  count: number,
  t: ExecutionContext,
  redisUrl: string,
  options?: GatewayOptions,
): Promise<LimitingGateway[]> => Promise.all(Array.from({ length: count }, () => openGateway(t, redisUrl, options)))

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
