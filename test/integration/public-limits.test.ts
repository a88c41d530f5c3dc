import type { IncomingMessage, ServerResponse } from 'node:http'
import test, { type ExecutionContext } from 'ava'
import { Metrics } from '#shared/observability/metrics.ts'
import { ClientAddresses } from '../../gateway/http/client-address.ts'
import { beginRequest, type RequestContext } from '../../gateway/http/request-context.ts'
import { defaultQuotas, type RateClass } from '../../gateway/limits/quota.ts'
import { publicLimits, RateLimits } from '../../gateway/limits/rate-limits.ts'
import { RecentRefusals } from '../../gateway/limits/recent-refusals.ts'
import { TokenBuckets } from '../../gateway/limits/token-buckets.ts'
import { GatewayMetrics } from '../../gateway/metrics.ts'
import { forFile } from '../support/for-file.ts'
import { openRedis } from '../support/open-redis.ts'
import { startTestRedis } from '../support/servers.ts'
import { until } from '../support/until.ts'

/* Limits in front of Koa, on a real Redis: those of public reads, and refusals that are remembered. */

let addresses = 0

const server = forFile(() => startTestRedis())

interface RequestParts {
  readonly url?: string
  readonly method?: string
  readonly remoteAddress: string
  readonly headers?: IncomingMessage['headers']
}

const requestOf = ({ url = '/events', method = 'GET', remoteAddress, headers = {} }: RequestParts): IncomingMessage =>
  ({ url, method, headers, socket: { remoteAddress } }) as IncomingMessage

/** The context of a request whose answer goes nowhere, and its status. */
function contextOf(req: IncomingMessage): { context: RequestContext; status: () => number | undefined } {
  let status: number | undefined
  const res = { writeHead: (sent: number) => (status = sent), end: () => undefined } as unknown as ServerResponse
  return { context: beginRequest(req, res, { endpoint: '/events' }), status: () => status }
}

/** The limits of one gateway, and a caller whom nobody has seen. */
async function openLimits(t: ExecutionContext, maxima: Partial<Record<RateClass, number>>) {
  const redis = openRedis(server.url)
  t.teardown(() => redis.disconnect())
  await until('Redis is there', () => redis.status === 'ready')
  const buckets = new TokenBuckets({
    redis,
    gateways: 1,
    onLocal: () => t.fail('decided without Redis'),
    onError: t.log,
  })
  const metrics = new GatewayMetrics(new Metrics('test'))
  const limits = new RateLimits({ maxima: { ...defaultQuotas, ...maxima }, buckets, metrics })
  addresses += 1
  const remoteAddress = `192.0.2.${addresses}`
  const read = async (): Promise<{ status: number | undefined; remaining: string | undefined }> => {
    const { context, status } = contextOf(requestOf({ remoteAddress }))
    await publicLimits(limits, 'jwt', new ClientAddresses([])).admit(context, 'browse')
    return { status: status(), remaining: context.headers[context.headers.indexOf('X-RateLimit-Remaining') + 1] }
  }
  /** Requests left in a class, without taking one. */
  const left = async (rateClass: RateClass): Promise<number> =>
    (
      await redis.grantTokens(
        `limit:${rateClass}:${remoteAddress}`,
        limits.quota(rateClass).max,
        60_000,
        0,
        60_000,
        0,
        0,
      )
    )[1]
  return { limits, remoteAddress, read, left }
}

test('an admitted request takes a token of its address and one of its class, and says how many are left', async (t) => {
  const { read, left } = await openLimits(t, { address: 20, browse: 10 })
  t.deepEqual(await read(), { status: undefined, remaining: '9' })
  t.deepEqual(await read(), { status: undefined, remaining: '8' })
  t.deepEqual([await left('address'), await left('browse')], [18, 8])
})

test('a request that its class refuses counts for its address', async (t) => {
  const { read, left } = await openLimits(t, { address: 20, browse: 1 })
  await read()
  t.deepEqual(await read(), { status: 429, remaining: '0' })
  t.is(await left('address'), 18)
})

test('a request that its address refuses does not count in its class', async (t) => {
  const { read, left } = await openLimits(t, { address: 1, browse: 10 })
  await read()
  t.is((await read()).status, 429)
  t.is(await left('browse'), 9)
})

test('a read that will be refused is known before, so that it begins no trace', async (t) => {
  const { limits, remoteAddress, read } = await openLimits(t, { browse: 1 })
  const { refuses } = publicLimits(limits, 'jwt', new ClientAddresses([]))
  const req = requestOf({ remoteAddress })
  t.false(refuses(req, 'browse'))
  await read()
  await read()
  t.true(refuses(req, 'browse'))
  t.false(refuses(req, 'search'))
  const { context } = contextOf(req)
  t.false(beginRequest(req, context.res, { endpoint: '/events', mayBeginTrace: () => false }).trace.isRecorded)
})

test('a refusal is that of one caller at one address, for one URL', async (t) => {
  const { limits, remoteAddress } = await openLimits(t, { 'my-bookings': 1 })
  const { context } = contextOf(requestOf({ remoteAddress }))
  for (let asked = 0; asked < 2; asked += 1) await limits.admit(context, 'my-bookings', remoteAddress)
  const refusals = new RecentRefusals(limits)
  const headers = { authorization: 'Bearer one', cookie: 'session=one', 'x-forwarded-for': '203.0.113.1' }
  const refused = { remoteAddress, url: '/bookings', headers }
  refusals.add(requestOf(refused), { rateClass: 'my-bookings', id: remoteAddress, endpoint: '/bookings' })
  for (const method of ['GET', 'HEAD']) {
    const req = requestOf({ ...refused, method })
    const { context: again, status } = contextOf(req)
    await refusals.find(req)?.send(again)
    t.is(status(), 429)
  }
  for (const other of [
    { ...refused, url: '/bookings?limit=1' },
    { ...refused, remoteAddress: '192.0.3.1' },
    { ...refused, headers: {} },
    { ...refused, headers: { ...headers, authorization: 'Bearer two' } },
    { ...refused, headers: { ...headers, cookie: 'session=two' } },
    { ...refused, headers: { ...headers, 'x-forwarded-for': '203.0.113.2' } },
  ]) {
    t.is(refusals.find(requestOf(other)), undefined, JSON.stringify(other))
  }
})

test('a write is never refused from memory, and a refusal only while it lasts', async (t) => {
  const { limits, remoteAddress } = await openLimits(t, { browse: 600 })
  const { context } = contextOf(requestOf({ remoteAddress }))
  const refusals = new RecentRefusals(limits)
  const refusal = { rateClass: 'browse', id: remoteAddress, endpoint: '/events' } as const
  // Ten tokens grow in a second, so this refusal ends soon.
  while ((await limits.admit(context, 'browse', remoteAddress)) !== null);
  const write = requestOf({ remoteAddress, method: 'POST' })
  refusals.add(write, refusal)
  t.is(refusals.find(requestOf({ remoteAddress })), undefined)
  refusals.add(requestOf({ remoteAddress }), refusal)
  await until('the next token is due', () => refusals.find(requestOf({ remoteAddress })) === undefined)
  t.pass()
})
