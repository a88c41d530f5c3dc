import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import test from 'ava'
import { until } from '../support/until.ts'
import { FaultProxy, settledAfterMs } from './proxy.ts'

/** A server that answers every text with the same one, and remembers what it was told. */
interface Echo {
  readonly server: Server
  readonly heard: string[]
}

async function startEcho(): Promise<Echo> {
  const heard: string[] = []
  const server = createServer((socket) => {
    socket.setEncoding('utf8').on('data', (text: string) => {
      heard.push(text)
      socket.write(text)
    })
    socket.on('error', () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, heard }
}

async function startEdge(): Promise<{ echo: Echo; proxy: FaultProxy; end(): Promise<void> }> {
  const echo = await startEcho()
  const targetPort = (): number => (echo.server.address() as AddressInfo).port
  const proxy = await FaultProxy.start({ targetPort, replies: 'to client' })
  return {
    echo,
    proxy,
    async end() {
      await proxy.close()
      echo.server.close()
    },
  }
}

interface Caller {
  readonly socket: Socket
  readonly answers: string[]
  ended: boolean
}

async function call(proxy: FaultProxy): Promise<Caller> {
  const socket = connect({ host: '127.0.0.1', port: proxy.port })
  const caller: Caller = { socket, answers: [], ended: false }
  socket.setEncoding('utf8').on('data', (text: string) => caller.answers.push(text))
  socket.on('error', () => undefined)
  socket.once('close', () => {
    caller.ended = true
  })
  await once(socket, 'connect')
  return caller
}

async function ask(caller: Caller, text: string): Promise<void> {
  caller.socket.write(text)
  await until('it is answered', () => caller.answers.includes(text))
}

test('an edge at rest passes everything and counts it', async (t) => {
  const { proxy, end } = await startEdge()
  const caller = await call(proxy)
  await ask(caller, 'hello')
  t.like(proxy.counts, { connections: 1, bytes: 10, repliesLost: 0, cut: 0, withheld: 0, swallowed: 0 })
  await end()
})

test('a frozen edge delivers late, in order, and even what came from somebody who has left', async (t) => {
  const { proxy, echo, end } = await startEdge()
  const [patient, impatient] = [await call(proxy), await call(proxy)]
  await ask(patient, 'before')
  proxy.freeze()
  patient.socket.write('late')
  impatient.socket.end('too late')
  await until('both wait', () => proxy.counts.withheld === 12)
  t.deepEqual(echo.heard, ['before'])
  proxy.pass()
  await until('both arrive', () => echo.heard.length === 3)
  await until('the patient one is answered', () => patient.answers.includes('late'))
  t.true(echo.heard.includes('too late'))
  t.false(patient.ended)
  await end()
})

test('a lost reply takes its connection with it after the server has heard the request', async (t) => {
  const { proxy, echo, end } = await startEdge()
  const caller = await call(proxy)
  await ask(caller, 'first')
  const oldEnoughAt = performance.now() + settledAfterMs
  await until('its handshake counts as over', () => performance.now() > oldEnoughAt)
  proxy.loseReplies(1)
  caller.socket.write('second')
  await until('the connection is gone', () => caller.ended)
  t.deepEqual(echo.heard, ['first', 'second'])
  t.deepEqual(caller.answers, ['first'])
  t.is(proxy.counts.repliesLost, 1)
  await ask(await call(proxy), 'third')
  await end()
})

test('a cut edge resets all its connections and takes new ones', async (t) => {
  const { proxy, end } = await startEdge()
  const callers = [await call(proxy), await call(proxy)]
  await Promise.all(callers.map((caller, index) => ask(caller, `caller ${index}`)))
  proxy.cut()
  await until('both are gone', () => callers.every(({ ended }) => ended))
  t.is(proxy.counts.cut, 2)
  await ask(await call(proxy), 'again')
  await end()
})

test('a black hole takes connections and answers none; afterwards those are ended', async (t) => {
  const { proxy, echo, end } = await startEdge()
  const old = await call(proxy)
  await ask(old, 'before')
  proxy.blackHole()
  const fresh = await call(proxy)
  for (const { socket } of [old, fresh]) socket.write('anybody?')
  await until('both were swallowed', () => proxy.counts.swallowed === 16)
  t.deepEqual(echo.heard, ['before'])
  t.false(old.ended || fresh.ended)
  proxy.pass()
  await until('both are ended', () => old.ended && fresh.ended)
  await ask(await call(proxy), 'again')
  await end()
})
