import test from 'ava'
import type { StoredSpan } from '#shared/observability/stored-span.ts'
import { latestSpans, readTrace } from '../../infra/ops/trace/stored-spans.ts'
import { forFile } from '../support/for-file.ts'
import { ask, eventOnSale } from '../support/http.ts'
import { createTestDirectory } from '../support/servers.ts'
import { spanTree } from '../support/span-tree.ts'
import { startSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

let spanDirectory: string
let eventId: string
const system = forFile(async () => {
  spanDirectory = await createTestDirectory('spans')
  const sampling = { OTEL_SDK_DISABLED: 'false', OTEL_TRACES_SAMPLER_ARG: '0', OTEL_BSP_SCHEDULE_DELAY: '50' }
  return startSystem({ env: { ...sampling, SPAN_DIRECTORY: spanDirectory } })
})

const callerSpanId = '00f067aa0ba902b7'

test.before(async () => {
  eventId = await eventOnSale(system.url)
})

const traced = (traceId: string) => ({ traceparent: `00-${traceId}-${callerSpanId}-01` })

/** Buys one seat in a trace of that id. */
async function buyTraced(traceId: string, { seatNo, token }: { seatNo: number; token: string }): Promise<string> {
  const bought = await ask(`${system.url}/purchase`, {
    json: { event_id: eventId, seat_nos: [seatNo], payment_token: token, user_id: `traced-${seatNo}` },
    headers: traced(traceId),
  })
  if (bought.status !== 201) throw new Error(bought.text)
  return bought.headers.get('traceparent') ?? ''
}

const spansOf = (traceId: string): StoredSpan[] => readTrace(spanDirectory, traceId)
/** Which statements an operation sends is its own affair. */
const withoutStatement = (span: StoredSpan): StoredSpan => ({
  ...span,
  name: span.name.replace(/^postgres .*/, 'postgres'),
})

test.serial('a purchase is one trace, from HTTP over NATS to Redis, Postgres, provider and facts', async (t) => {
  const traceId = 'c0ffee00c0ffee00c0ffee00c0ffee00'
  const traceparent = await buyTraced(traceId, { seatNo: 0, token: 'tok_webhook_never' })
  const tree = (): string[] => spanTree(spansOf(traceId).map(withoutStatement), callerSpanId)
  const statements = [
    'BEGIN',
    'COMMIT',
    'INSERT booking.holds',
    'SELECT booking.event_seats',
    'UPDATE purchase.payments',
  ]
  const isThere = (statement: string) => spansOf(traceId).some(({ name }) => name === `postgres ${statement}`)
  await until('all spans arrive', () => tree().length >= expectedTree.length && statements.every(isThere))
  t.deepEqual(tree(), expectedTree)
  // Nothing else was sampled: a sampled traceparent is always followed, the rest by the ratio of 0.
  const spans = latestSpans(spanDirectory, 16e6)
  t.deepEqual([...new Set(spans.map((span) => span.traceId))], [traceId])
  const server = spans.find(({ name }) => name === 'POST /purchase')
  t.is(traceparent, `00-${traceId}-${server?.spanId}-01`)
})

test.serial('what the provider tells later goes on in the same trace', async (t) => {
  const traceId = 'facade00facade00facade00facade00'
  await buyTraced(traceId, { seatNo: 1, token: 'tok_ok' })
  const chain = [
    'payment-sandbox: send callback',
    '  gateway: POST /webhooks/:provider',
    '    gateway: send ticketing.v1.purchase.receive-webhook',
    '      purchase-worker: process ticketing.v1.purchase.receive-webhook',
  ]
  // A callback that is not answered in time comes again, in the same trace.
  const below = (spanId: string): string[] => [
    ...new Set(spanTree(spansOf(traceId), spanId).filter((line) => !line.includes('postgres'))),
  ]
  const told = () => spansOf(traceId).filter(({ name, spanId }) => name === 'POST sandbox' && below(spanId).length > 0)
  // One about the authorised charge, one about the captured one.
  await until(
    'both callbacks were taken',
    () => told().filter(({ spanId }) => below(spanId).length === chain.length).length === 2,
    // One attempt may take five seconds.
    { timeoutMs: 30_000 },
  )
  for (const { spanId } of told()) t.deepEqual(below(spanId), chain)
})

test.serial('log lines of a sampled request carry its request id and trace id', async (t) => {
  const traceId = 'deadbeefdeadbeefdeadbeefdeadbeef'
  await ask(`${system.url}/events`, {
    headers: { ...traced(traceId), 'x-request-id': 'my-request' },
  })
  t.like(await logLineOf('my-request'), {
    request_id: 'my-request',
    trace_id: traceId,
    method: 'GET',
    endpoint: '/events',
    status: 200,
    instance: 'gateway-1',
  })
})

test.serial('a trace that is not recorded has an id for logs and callers, and no spans', async (t) => {
  // Of public reads the log tells only a sample.
  const answer = await ask(`${system.url}/bookings?user_id=ann`, { headers: { 'x-request-id': 'unrecorded' } })
  const [, traceId = ''] = /^00-([\da-f]{32})-[\da-f]{16}-00$/.exec(answer.headers.get('traceparent') ?? '') ?? []
  t.not(traceId, '')
  t.is((await logLineOf('unrecorded')).trace_id, traceId)
  // What is recorded after it has arrived: it would have, too.
  const later = 'ab'.repeat(16)
  await ask(`${system.url}/events`, { headers: traced(later) })
  await until('the later trace arrives', () => spansOf(later).some(({ name }) => name === 'GET /events'))
  t.deepEqual(spansOf(traceId), [])
})

/** The line of the gateway's log about a request, which is written after the answer. */
async function logLineOf(requestId: string): Promise<Record<string, unknown>> {
  let found: Record<string, unknown> | undefined
  await until(`a line about ${requestId}`, () => {
    const lines = system.gateways[0]?.output().trim().split('\n') ?? []
    found = lines.map((text) => JSON.parse(text)).find(({ request_id }) => request_id === requestId)
    return found !== undefined
  })
  return found ?? {}
}

const expectedTree = `
gateway: POST /purchase
  gateway: redis grant-tokens
  gateway: send ticketing.v1.purchase.purchase-hold
    purchase-worker: process ticketing.v1.purchase.purchase-hold
      purchase-worker: authorise charge
        payment-sandbox: POST sandbox
          payment-sandbox: postgres
      purchase-worker: capture charge
        payment-sandbox: POST sandbox
          payment-sandbox: postgres
      purchase-worker: postgres
      purchase-worker: publish ticketing.fact.payment.captured
      purchase-worker: send ticketing.v1.booking.begin-payment
        booking-worker: process ticketing.v1.booking.begin-payment
          booking-worker: postgres
          booking-worker: publish ticketing.fact.hold.paying
      purchase-worker: send ticketing.v1.booking.confirm-hold
        booking-worker: process ticketing.v1.booking.confirm-hold
          booking-worker: postgres
          booking-worker: publish ticketing.fact.booking.confirmed
            gateway: process ticketing.fact.booking.confirmed
          booking-worker: publish ticketing.fact.hold.converted
      purchase-worker: send ticketing.v1.booking.hold-seats
        booking-worker: process ticketing.v1.booking.hold-seats
          booking-worker: postgres
          booking-worker: publish ticketing.fact.hold.taken
          booking-worker: redis lock-seats
          booking-worker: take places
            booking-worker: postgres
      purchase-worker: send ticketing.v1.booking.record-payment
        booking-worker: process ticketing.v1.booking.record-payment
          booking-worker: postgres`
  .trim()
  .split('\n')
