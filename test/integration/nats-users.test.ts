import test, { type ExecutionContext } from 'ava'
import bunyan from 'bunyan'
import { TicketingError } from '#shared/errors.ts'
import { newId } from '#shared/ids.ts'
import { Bus } from '#shared/messaging/bus.ts'
import { type NatsUser, natsUsers } from '#shared/process/config.ts'
import { allRoutes } from '../../gateway/routes/all-routes.ts'
import { contractsOfWorkers, subjectsAsked } from '../support/contracts-in-source.ts'
import { forFile } from '../support/for-file.ts'
import { openBus } from '../support/open-bus.ts'
import { startTestNats } from '../support/servers.ts'
import { until } from '../support/until.ts'

const nothing = { payload: new Uint8Array(), headers: {} }

/** A connection of one user, with what it was told that it may not do. */
interface Session {
  readonly bus: Bus
  /** `publish <subject>` or `subscription <subject>`, oldest first. */
  refused(): string[]
}

const nats = forFile(() => startTestNats())
const sessions = {} as Record<NatsUser, Session>
forFile(async () => {
  for (const user of natsUsers) sessions[user] = await connect(user)
  return { stop: () => Promise.all(Object.values(sessions).map(({ bus }) => bus.close())) }
})

test('each user may send the requests that its code sends, and no others', async (t) => {
  const asked = await subjectsByAsker()
  t.true(asked.operator.length > 30)
  t.true(asked.event.includes('ticketing.v1.purchase.refund-event'))
  t.true(asked.purchase.includes('ticketing.v1.booking.confirm-hold'))
  for (const user of natsUsers) t.deepEqual(await permitted(user, asked.operator), asked[user].toSorted(), user)
})

test('a worker may answer the users that may call it, and no others', async (t) => {
  const asked = await subjectsByAsker()
  const inbox = (user: NatsUser): string => `_INBOX_${user}.test`
  for (const user of natsUsers) {
    const own = `ticketing.v1.${user === 'auditor' ? 'audit' : user}.`
    const askers = natsUsers.filter((asker) => asked[asker].some((subject) => subject.startsWith(own)))
    t.deepEqual(await permitted(user, natsUsers.map(inbox)), askers.map(inbox).sort(), user)
  }
})

test('facts are published by the worker that owns them, and by no other', async (t) => {
  const owners = {
    event: 'event',
    seat: 'booking',
    hold: 'booking',
    booking: 'booking',
    'waiting-list': 'booking',
    payment: 'purchase',
  }
  for (const [entity, owner] of Object.entries(owners)) {
    const subject = `ticketing.fact.${entity}.${newId()}.changed`
    for (const user of natsUsers) t.is(await mayPublish(user, subject), user === owner, `${user}: ${subject}`)
  }
})

test('only a worker itself answers its subjects', async (t) => {
  const owners = { event: 'event', booking: 'booking', purchase: 'purchase', audit: 'auditor' }
  for (const [worker, owner] of Object.entries(owners)) {
    for (const user of natsUsers) {
      const { bus } = await connect(user, t)
      const serving = bus.serve({
        name: worker,
        instance: 'test',
        endpoints: [
          { name: 'view-hold', subject: `ticketing.v1.${worker}.view-hold`, direct: true, handle: async () => nothing },
        ],
        onFailure: () => nothing,
      })
      if (user === owner) await t.notThrowsAsync(serving)
      else await t.throwsAsync(serving, { message: `may not serve ${worker}` }, `${user}: ${worker}`)
    }
  }
})

test('the gateway may send reads to one instance, and no other user may', async (t) => {
  const contracts = [...(await contractsOfWorkers()).values()]
  const asked = await subjectsByAsker()
  const direct = ({ subject }: { subject: string }): string => `${subject}.0MMM25U9ARLQ1IL3Z4LM9I`
  const reads = contracts.filter(({ subject, readOnly }) => readOnly && asked.gateway.includes(subject))
  t.true(reads.length > 10)
  for (const user of natsUsers) {
    const may = { gateway: reads, operator: contracts }[user as string] ?? []
    t.deepEqual(await permitted(user, contracts.map(direct)), may.map(direct).sort(), user)
  }
})

test('workers are found by the users that may ping them', async (t) => {
  const users = ['event', 'booking', 'purchase', 'auditor'] as const
  const workers = await Promise.all(users.map((user) => connect(user, t)))
  for (const [index, { bus }] of workers.entries()) {
    const user = users[index]
    const name = user === 'auditor' ? 'audit' : (user ?? '')
    await bus.serve({ name, instance: `found-${user}`, endpoints: [], onFailure: () => nothing })
  }
  await until('all are found', async () => {
    const found = (await sessions.gateway.bus.discover(300)).map(({ instance }) => instance)
    return users.every((user) => found.includes(`found-${user}`))
  })
  t.is(workers.flatMap(({ refused }) => refused()).join(), '')
  t.deepEqual(await permitted('gateway', ['$SRV.PING', '$SRV.PING.event', '$SRV.STATS', '$SRV.STATS.event']), [
    '$SRV.PING',
    '$SRV.PING.event',
  ])
  t.deepEqual(await permitted('event', ['$SRV.PING', '$SRV.STATS']), [])
})

test('no user can read the requests and replies of others', async (t) => {
  const foreign = (user: NatsUser) => [
    '>',
    '_INBOX.>',
    'ticketing.>',
    'ticketing.v1.>',
    // Own subjects too: outside the queue group it would get what another instance answers.
    'ticketing.v1.booking.hold-seats',
    'ticketing.v1.booking.view-hold.0MMM25U9ARLQ1IL3Z4LM9I',
    ...natsUsers.filter((other) => other !== user).map((other) => `_INBOX_${other}.>`),
  ]
  for (const user of natsUsers) {
    const { bus, refused } = await connect(user, t)
    for (const subject of foreign(user)) bus.subscribe(subject, () => undefined)
    const expected = foreign(user).map((subject) => `subscription ${subject}`)
    await until('all are refused', () => refused().length >= expected.length)
    t.deepEqual(refused(), expected, user)
  }
})

test('facts are read by their consumers and followers, and in no other way', async (t) => {
  const api = (action: string): string => `$JS.API.${action}.TICKETING_FACTS`
  const consumer = (name: string): string[] => [
    api('CONSUMER.DURABLE.CREATE').concat('.', name),
    api('CONSUMER.INFO').concat('.', name),
    api('CONSUMER.MSG.NEXT').concat('.', name),
    `$JS.ACK.TICKETING_FACTS.${name}.1.1.1.1.0`,
  ]
  const own = [api('STREAM.INFO'), api('STREAM.CREATE'), api('STREAM.UPDATE')]
  // A follower's consumer has a name that the server chooses, so any but that of another consumer.
  const follower = [api('STREAM.INFO'), api('CONSUMER.CREATE'), `${api('CONSUMER.MSG.NEXT')}.mine`]
  const others = [
    api('CONSUMER.CREATE'),
    ...[api('STREAM.DELETE'), api('STREAM.PURGE'), api('STREAM.MSG.GET'), api('STREAM.MSG.DELETE')],
    ...[`${api('CONSUMER.CREATE')}.mine`, `${api('CONSUMER.DELETE')}.booking-seat-locks`, '$JS.API.STREAM.CREATE.MINE'],
    ...consumer('mine'),
  ]
  const locks = consumer('booking-seat-locks')
  const sessions = consumer('gateway-finished-sessions')
  const everything = [...own, ...locks, ...sessions, ...others]
  for (const worker of ['event', 'purchase'] as const) t.deepEqual(await permitted(worker, everything), own.toSorted())
  t.deepEqual(await permitted('booking', everything), [...own, ...locks].sort())
  t.deepEqual(await permitted('gateway', everything), [...follower, ...sessions].sort())
  t.deepEqual(await permitted('auditor', everything), [])
})

test('the auditor receives the advisories of dead letters', async (t) => {
  const { bus, refused } = await connect('auditor', t)
  bus.subscribe('$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.TICKETING_FACTS.*', () => undefined)
  bus.subscribe('$JS.EVENT.ADVISORY.>', () => undefined)
  await until('one is refused', () => refused().length > 0)
  t.deepEqual(refused(), ['subscription $JS.EVENT.ADVISORY.>'])
})

test('gateways talk to each other, and no other user to them', async (t) => {
  const subject = `ticketing.live.seats.${newId()}`
  for (const user of natsUsers) t.is(await mayPublish(user, subject), user === 'gateway', user)
  const { bus } = await connect('gateway', t)
  const heard: string[] = []
  bus.subscribe('ticketing.live.>', (delivery) => heard.push(delivery.subject))
  await until('it is heard', async () => {
    // Nobody answers.
    await sessions.gateway.bus.request(subject, nothing, 50).catch(() => undefined)
    return heard.includes(subject)
  })
})

test('a request without permission fails at once, and the log names the subject and no password', async (t) => {
  const { bus, refused } = await connect('event', t)
  const begin = performance.now()
  const error = await t.throwsAsync(bus.request('ticketing.v1.purchase.purchase-hold', nothing, 60_000))
  t.true(performance.now() - begin < 20_000)
  t.false(error instanceof TicketingError)
  t.is(error.message, 'NATS does not permit us to publish ticketing.v1.purchase.purchase-hold')
  await until('it is logged', () => refused().length > 0)
  t.deepEqual(refused(), ['publish ticketing.v1.purchase.purchase-hold'])
})

test('a wrong password, no password and an unknown user are refused, and the error does not repeat them', async (t) => {
  const url = new URL(nats.urls.gateway)
  for (const user of ['gateway:wrong-secret@', '', 'nobody:wrong-secret@', `operator:${url.password}@`]) {
    const connecting = Bus.connect({ url: `nats://${user}${url.host}`, name: 'test', timeoutMs: 15_000 })
    const error = await t.throwsAsync(connecting, { message: /authorization violation/i }, user)
    t.notRegex(JSON.stringify(error) + error.stack, /wrong-secret/)
  }
})

/** Closed with the test, if one is given. */
async function connect(user: NatsUser, t?: ExecutionContext): Promise<Session> {
  const lines = new bunyan.RingBuffer({ limit: 100 })
  const log = bunyan.createLogger({ name: user, streams: [{ type: 'raw', stream: lines }] })
  const bus = await openBus(nats.urls[user], { log })
  t?.teardown(() => bus.close())
  return { bus, refused: () => lines.records.map(({ operation, subject }) => `${operation} ${subject}`) }
}

/** What each of them asks, as the source says; people at the operator's tools may ask everything. */
async function subjectsByAsker(): Promise<Record<NatsUser, string[]>> {
  const routes = allRoutes
    .filter(({ contract }) => contract.worker !== 'gateway')
    .map(({ contract }) => contract.subject)
  return {
    gateway: [...new Set([...routes, ...(await subjectsAsked('gateway'))])],
    event: await subjectsAsked('workers/event'),
    booking: await subjectsAsked('workers/booking'),
    purchase: await subjectsAsked('workers/purchase'),
    auditor: await subjectsAsked('infra/ops/audit'),
    operator: [...(await contractsOfWorkers()).values()].map(({ subject }) => subject),
  }
}

/** Which of the subjects a user may publish on, sorted. */
async function permitted(user: NatsUser, subjects: readonly string[]): Promise<string[]> {
  const answers = await Promise.all(subjects.map((subject) => mayPublish(user, subject)))
  return subjects.filter((_, index) => answers[index]).sort()
}

/** Whether a request arrives, be it at nobody. */
async function mayPublish(user: NatsUser, subject: string): Promise<boolean> {
  try {
    await sessions[user].bus.request(subject, nothing, 10_000)
    return true
  } catch (error) {
    if (error instanceof TicketingError) return true
    if (/^NATS does not permit us to publish /.test((error as Error).message)) return false
    throw error
  }
}
