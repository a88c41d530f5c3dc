import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import test from 'ava'
import { Link, settledAfterMs } from '../../infra/system/links.ts'
import { until } from '../support/until.ts'

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

async function startLink(): Promise<{ echo: Echo; link: Link; end(): Promise<void> }> {
  const echo = await startEcho()
  const targetPort = (): number => (echo.server.address() as AddressInfo).port
  const link = await Link.start({ targetPort, replies: 'to client' })
  return {
    echo,
    link,
    async end() {
      await link.close()
      echo.server.close()
    },
  }
}

interface Caller {
  readonly socket: Socket
  readonly answers: string[]
  ended: boolean
}

async function call(link: Link): Promise<Caller> {
  const socket = connect({ host: '127.0.0.1', port: link.port })
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

test('a link at rest passes everything and counts it', async (t) => {
  const { link, end } = await startLink()
  const caller = await call(link)
  await ask(caller, 'hello')
  t.like(link.counts, { connections: 1, bytes: 10, repliesLost: 0, cut: 0, withheld: 0, swallowed: 0 })
  await end()
})

test('a frozen link delivers late, in order, and even what came from somebody who has left', async (t) => {
  const { link, echo, end } = await startLink()
  const [patient, impatient] = [await call(link), await call(link)]
  await ask(patient, 'before')
  link.freeze()
  patient.socket.write('late')
  impatient.socket.end('too late')
  await until('both wait', () => link.counts.withheld === 12)
  t.deepEqual(echo.heard, ['before'])
  link.pass()
  await until('both arrive', () => echo.heard.length === 3)
  await until('the patient one is answered', () => patient.answers.includes('late'))
  t.true(echo.heard.includes('too late'))
  t.false(patient.ended)
  await end()
})

test('a lost reply takes its connection with it after the server has heard the request', async (t) => {
  const { link, echo, end } = await startLink()
  const caller = await call(link)
  await ask(caller, 'first')
  const oldEnoughAt = performance.now() + settledAfterMs
  await until('its handshake counts as over', () => performance.now() > oldEnoughAt)
  link.loseReplies(1)
  caller.socket.write('second')
  await until('the connection is gone', () => caller.ended)
  t.deepEqual(echo.heard, ['first', 'second'])
  t.deepEqual(caller.answers, ['first'])
  t.is(link.counts.repliesLost, 1)
  await ask(await call(link), 'third')
  await end()
})

test('a cut link resets all its connections and takes new ones', async (t) => {
  const { link, end } = await startLink()
  const callers = [await call(link), await call(link)]
  await Promise.all(callers.map((caller, index) => ask(caller, `caller ${index}`)))
  link.cut()
  await until('both are gone', () => callers.every(({ ended }) => ended))
  t.is(link.counts.cut, 2)
  await ask(await call(link), 'again')
  await end()
})

test('a black hole takes connections and answers none; afterwards those are ended', async (t) => {
  const { link, echo, end } = await startLink()
  const old = await call(link)
  await ask(old, 'before')
  link.blackHole()
  const fresh = await call(link)
  for (const { socket } of [old, fresh]) socket.write('anybody?')
  await until('both were swallowed', () => link.counts.swallowed === 16)
  t.deepEqual(echo.heard, ['before'])
  t.false(old.ended || fresh.ended)
  link.pass()
  await until('both are ended', () => old.ended && fresh.ended)
  await ask(await call(link), 'again')
  await end()
})

for (const when of ['before', 'after'] as const) {
  test(`a request is caught ${when} the server has it, and its connection carries nothing more`, async (t) => {
    const { link, echo, end } = await startLink()
    const [caught, other] = [await call(link), await call(link)]
    await ask(caught, 'harmless')
    const acted = new Promise<void>((resolve) => link.intercept({ request: /^PUB (?<reply>\S+)/, when, act: resolve }))
    caught.socket.write('PUB inbox')
    await acted
    await ask(other, 'PUB elsewhere')
    caught.socket.write('more')
    await ask(other, 'last')
    t.is(echo.heard.includes('PUB inbox'), when === 'after')
    t.deepEqual(caught.answers, ['harmless'])
    t.false(echo.heard.includes('more'))
    await end()
  })
}

test('replies are withheld from those who asked for something, until they are released', async (t) => {
  const { link, echo, end } = await startLink()
  const [patient, other] = [await call(link), await call(link)]
  const release = link.withholdReplies((request) => request.includes('charge'))
  patient.socket.write('charge 1')
  await until('the server has it', () => echo.heard.includes('charge 1'))
  await ask(other, 'another')
  t.deepEqual(patient.answers, [])
  release()
  await until('it is answered', () => patient.answers.includes('charge 1'))
  await end()
})
