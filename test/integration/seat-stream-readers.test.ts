import { connect } from 'node:net'
import test from 'ava'
import type { SeatFact } from '#shared/facts/places.ts'
import { SeatStreamClient } from '../support/seat-stream-client.ts'
import { serveStreams } from '../support/stream-server.ts'
import { until } from '../support/until.ts'

/* How readers are served, and how they do not disturb each other. */

test('who does not read is dropped once 64 KB wait for it, and the others get everything', async (t) => {
  const seats = 20_000
  const { url, openPaused, tell, metric } = await serveStreams(t, { seats, batchMs: 1 })
  const reader = await new SeatStreamClient().connect(url)
  t.teardown(() => reader.cut())
  const paused = openPaused()
  await until('both are there', async () => (await metric('seat_streams_open')) === 2 && reader.seats.length > 0)
  let version = 1
  let sentBytes = 0
  const isDropped = async () => (await metric('seat_streams_ended_total', 'slow_reader')) === 1
  // The kernel takes megabytes for a reader before one byte waits in the gateway.
  while (!(await isDropped())) {
    version += 1
    const state = version % 2 === 0 ? 'held' : 'available'
    tell(Array.from({ length: seats }, (_, seatNo) => [seatNo, state, version] as const satisfies SeatFact))
    const expected = version % 2
    await until('the other has it', () => reader.seats.slice(0, seats).every((code) => code === 1 - expected))
    sentBytes += JSON.stringify(reader.of('seats').at(-1)?.data).length
    if (sentBytes > 100_000_000) return t.fail('it was never dropped')
  }
  t.true(sentBytes > 64_000)
  t.log(`dropped after ${sentBytes} bytes`)
  paused.destroy()
  t.is(await metric('seat_streams_open'), 1)
  t.true(reader.isOpen)
  t.is(reader.of('reset').length, 1)
})

test('streams end one after the other with bye, and go on where they were when they come back', async (t) => {
  const { url, tell } = await serveStreams(t, { lifetimeMs: { from: 0, to: 3_000 } })
  const clients = await Promise.all(Array.from({ length: 20 }, () => new SeatStreamClient().connect(url)))
  t.teardown(() => clients.forEach((client) => void client.cut()))
  await until('all are ended', () => clients.every(({ isOpen }) => !isOpen))
  tell([[3, 'held', 2]])
  for (const client of clients) {
    t.like(client.events.at(-1), { event: 'bye', data: { reason: 'renew' } })
    await client.connect(url, { lastEventId: client.lastId })
    await until('it knows', () => client.seats[3] === 1)
    t.is(client.of('reset').length, 1)
  }
})

test('a client of HTTP/1.0 gets plain events', async (t) => {
  const { url } = await serveStreams(t)
  const { port } = new URL(url)
  const socket = connect({ host: '127.0.0.1', port: Number(port) })
  t.teardown(() => socket.destroy())
  let text = ''
  socket.setEncoding('utf8').on('data', (part: string) => (text += part))
  socket.write('GET / HTTP/1.0\r\n\r\n')
  await until('the seats are there', () => text.includes('event: reset') && text.endsWith('\n\n'))
  t.regex(text, /\r\n\r\nretry: 2000\n\nid: [0-9a-z]+-0\nevent: reset\ndata: \{.*\}\n\n$/)
  t.notRegex(text, /transfer-encoding/i)
})

test('other work is done between the slices in which a batch is written', async (t) => {
  const { url, tell, metric } = await serveStreams(t)
  const clients = await Promise.all(Array.from({ length: 600 }, () => new SeatStreamClient().connect(url)))
  t.teardown(() => clients.forEach((client) => void client.cut()))
  await until('all are there', async () => (await metric('seat_streams_open')) === 600)
  await until('all have the seats', () => clients.every(({ seats }) => seats.length > 0))
  const informed = () => clients.filter(({ seats }) => seats[0] === 1).length
  const inSomeTurn = new Set<number>()
  const countInEachTurn = (): void => {
    inSomeTurn.add(informed())
    if (!inSomeTurn.has(600)) setImmediate(countInEachTurn)
  }
  tell([[0, 'held', 2]])
  countInEachTurn()
  await until('all know', () => inSomeTurn.has(600))
  t.true(inSomeTurn.size > 2, `${[...inSomeTurn]}`)
  t.is(await metric('seat_stream_batch_delay_seconds_count'), 1)
})
