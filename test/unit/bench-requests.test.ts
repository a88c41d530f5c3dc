import test from 'ava'
import { AnswerReader } from '../../infra/load/answer-reader.ts'
import { parseBenchFlags } from '../../infra/load/reading/flags.ts'
import { callers, readsPerPurchase } from '../../infra/load/reading/plan.ts'
import { callerAddress, trafficOf } from '../../infra/load/reading/requests.ts'

const options = { etag: '"etag"', nextHouse: () => 'a-house' }

function requests(traffic: { next(): string | Buffer }, count: number): string[] {
  return Array.from({ length: count }, () => String(traffic.next()))
}

function headerOf(request: string, name: string): string | undefined {
  return new RegExp(`^${name}: (.*)\r$`, 'm').exec(request)?.[1]
}

function answer(status: number): { status: number; head: string } {
  return { status, head: `HTTP/1.1 ${status} ` }
}

test('nobody is asked twice for the same when all are to miss, not even by another round', (t) => {
  const rounds = [trafficOf('miss', options), trafficOf('miss', options)]
  const asked = rounds.flatMap((traffic) => requests(traffic, 500))
  t.is(new Set(asked).size, 1_000)
})

test('one request in a hundred and one is a purchase, each by somebody new', (t) => {
  const sent = requests(trafficOf('mixed', options), 10 * (readsPerPurchase + 1))
  const purchases = sent.filter((request) => request.startsWith('POST /purchase '))
  t.is(purchases.length, 10)
  const readers = new Set(
    sent.filter((request) => request.startsWith('GET ')).map((request) => headerOf(request, 'X-Forwarded-For')),
  )
  for (const name of ['X-Forwarded-For', 'Idempotency-Key'] as const) {
    const values = purchases.map((request) => headerOf(request, name))
    t.is(new Set(values).size, 10)
    t.false(values.some((value) => value === undefined || readers.has(value)))
  }
  const [, body = ''] = (purchases[0] ?? '').split('\r\n\r\n')
  t.is(Number(headerOf(purchases[0] ?? '', 'Content-Length')), Buffer.byteLength(body))
  t.is(JSON.parse(body).event_id, 'a-house')
})

test('limited hits come from a thousand callers in turn', (t) => {
  const sent = requests(trafficOf('hit+limit', options), 2 * callers)
  t.is(new Set(sent.map((request) => headerOf(request, 'X-Forwarded-For'))).size, callers)
})

test('addresses of callers are different ones', (t) => {
  t.is(new Set(Array.from({ length: 100_000 }, (_, serial) => callerAddress(serial))).size, 100_000)
})

test('whoever knows no ETag may send everything again', (t) => {
  t.true(trafficOf('not-modified', options).isGood(answer(304)))
  t.false(trafficOf('not-modified', options).isGood(answer(200)))
  t.true(trafficOf('not-modified', { ...options, etag: '' }).isGood(answer(200)))
})

test('a page that has changed is asked for by its new ETag, and one that always changes is no good', (t) => {
  const traffic = trafficOf('not-modified', options)
  const changed = (etag: string) => ({ status: 200, head: `HTTP/1.1 200 OK\r\nETag: ${etag}\r\nVary: Accept` })
  t.is(headerOf(String(traffic.next()), 'If-None-Match'), '"etag"')
  t.true(traffic.isGood(changed('"new"')))
  t.is(headerOf(String(traffic.next()), 'If-None-Match'), '"new"')
  const verdicts = Array.from({ length: 20 }, (_, turn) => traffic.isGood(changed(`"${turn}"`)))
  t.false(verdicts.at(-1))
})

test('of the refused only those of a new minute may be let through', (t) => {
  const traffic = trafficOf('refused', options)
  t.true(traffic.isGood(answer(429)))
  t.is(Array.from({ length: 1_000 }, () => traffic.isGood(answer(200))).filter(Boolean).length, 100)
})

const whole = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12345'

test('an answer is complete with its last byte, in however many pieces it comes', (t) => {
  for (let cut = 1; cut < whole.length; cut += 1) {
    const reader = new AnswerReader()
    t.is(reader.read(Buffer.from(whole.slice(0, cut))), undefined)
    t.is(reader.read(Buffer.from(whole.slice(cut)))?.status, 200)
    t.is(reader.read(Buffer.from(whole))?.status, 200)
  }
})

test('an answer in chunks is complete with the last one', (t) => {
  const reader = new AnswerReader()
  const head = 'HTTP/1.1 429 Too Many Requests\r\nTransfer-Encoding: chunked\r\n\r\n'
  t.is(reader.read(Buffer.from(`${head}5\r\n12345\r\n`)), undefined)
  t.is(reader.read(Buffer.from('0\r\n\r\n'))?.status, 429)
})

test('304 has no body, whatever its length says', (t) => {
  t.is(new AnswerReader().read(Buffer.from('HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n'))?.status, 304)
})

test('an answer that does not say where it ends is refused', (t) => {
  t.throws(() => new AnswerReader().read(Buffer.from('HTTP/1.1 200 OK\r\n\r\n')), { message: /without a length/ })
})

test('flags are known, and others are explained', (t) => {
  t.deepEqual(parseBenchFlags([]), { quick: false, peers: false })
  t.deepEqual(parseBenchFlags(['--quick', '--peers']), { quick: true, peers: true })
  t.is(parseBenchFlags(['-h']), null)
  t.throws(() => parseBenchFlags(['--fast']), { message: /Usage: npm run bench/ })
})
