import test from 'ava'
import { viewEvent } from '#shared/contracts/event.ts'
import { holdSeats, viewHold } from '#shared/contracts/holds.ts'
import { joinWaitingList } from '#shared/contracts/waiting-list.ts'
import { TicketingError } from '#shared/errors.ts'
import { anonymous } from '#shared/messaging/caller.ts'
import { Metrics } from '#shared/observability/metrics.ts'
import { BookingLoad } from '../../gateway/waiting-room/load.ts'
import { RoomMetrics } from '../../gateway/waiting-room/metrics.ts'
import type { Control, Serving } from '../../gateway/waiting-room/queue.ts'
import type { RoomSettings } from '../../gateway/waiting-room/scripts.ts'

const context = { requestId: 'test', caller: anonymous, deadlineAt: Number.POSITIVE_INFINITY }

/** A load with its clock, and calls that end when the test says so. */
function watched() {
  let now = 0
  const load = new BookingLoad(() => now)
  let settle: (error?: Error) => void = () => undefined
  const perform = load.watch(async () => {
    const { promise, resolve, reject } = Promise.withResolvers<{ body: Buffer; replayed: boolean }>()
    settle = (error) => (error === undefined ? resolve({ body: Buffer.from('{}'), replayed: false }) : reject(error))
    return promise
  })
  const request = async (
    contract: typeof holdSeats | typeof viewHold | typeof viewEvent | typeof joinWaitingList,
    ms: number,
    error?: Error,
  ) => {
    const performed = perform(contract, {} as never, context).catch(() => undefined)
    now += ms
    settle(error)
    await performed
  }
  const pass = (ms: number): void => {
    now += ms
  }
  return { load, request, pass }
}

test('a gateway reports how many calls to booking workers were under way, and how long half of the holds took', async (t) => {
  const { load, request, pass } = watched()
  for (const ms of [100, 300, 200]) await request(holdSeats, ms)
  await request(viewHold, 400)
  await request(viewEvent, 600)
  pass(400)
  t.deepEqual(load.report(), { pending: 0.5, holds: 3, medianHoldMs: 200, overloaded: false })
})

test('all who ask within a second get the same report, and the next second begins anew', async (t) => {
  const { load, request, pass } = watched()
  await request(holdSeats, 500)
  t.is(load.report().holds, 0)
  await request(holdSeats, 500, new TicketingError('overloaded', 'Too much to do.'))
  const report = load.report()
  t.deepEqual(report, { pending: 1, holds: 2, medianHoldMs: 500, overloaded: true })
  t.is(load.report(), report)
  pass(1_000)
  t.deepEqual(load.report(), { pending: 0, holds: 0, medianHoldMs: 0, overloaded: false })
})

test('waiting lists do not count as load of rooms, however long their calls take and however many are refused', async (t) => {
  const { load, request } = watched()
  await request(holdSeats, 200)
  await request(joinWaitingList, 1_800, new TicketingError('overloaded', 'Too much to do.'))
  t.deepEqual(load.report(), { pending: 0.1, holds: 1, medianHoldMs: 200, overloaded: false })
})

test('a hold that the gateway refused itself counts as overload', (t) => {
  const { load, pass } = watched()
  load.refused()
  pass(1_000)
  t.true(load.report().overloaded)
})

const settings: RoomSettings = {
  ...{ state: 'open', callsPerMinute: 600, adaptive: true, maxActive: 10 },
  ...{ claimMs: 60_000, sessionMs: 900_000, idleMs: 300_000 },
}
const control: Control = { callsPerMinute: 150, pending: 4, medianHoldMs: 20 }

/** The metrics of rooms, with a clock of their own. */
function roomMetrics() {
  let now = 0
  const metrics = new Metrics('test')
  const rooms = new RoomMetrics(metrics, () => now)
  const see = (serving: Partial<Serving>, more: Partial<RoomSettings> = {}, isDrawDue = false): void => {
    const known = {
      serving: 5,
      issued: 20,
      gaps: [],
      active: 0,
      called: 0,
      nowMs: 0,
      callsPerMinute: 150,
      rolled: null,
    }
    rooms.saw('event', { settings: { ...settings, ...more }, serving: { ...known, ...serving }, control, isDrawDue })
  }
  const value = async (name: string): Promise<number | undefined> =>
    (await metrics.registry.getSingleMetric(name)?.get())?.values[0]?.value
  const pass = (ms: number): void => {
    now += ms
  }
  return { see, value, pass }
}

test('a room is stuck when buyers wait, may come in, and none is called for a minute', async (t) => {
  const { see, value, pass } = roomMetrics()
  const isStuck = async () => (await value('waiting_rooms_stuck')) === 1
  const lookFor = (ms: number, serving: Partial<Serving>, more: Partial<RoomSettings> = {}): void => {
    for (let passed = 0; passed < ms; passed += 1_000) {
      pass(1_000)
      see(serving, more)
    }
  }
  see({})
  lookFor(60_000, {})
  t.false(await isStuck())
  lookFor(2_000, {})
  t.true(await isStuck())
  lookFor(1_000, { serving: 6 })
  t.false(await isStuck(), 'one was called')
  lookFor(90_000, { serving: 6, active: 7, called: 3 })
  t.false(await isStuck(), 'it is full')
  lookFor(90_000, { serving: 6 }, { state: 'paused' })
  t.false(await isStuck(), 'it is paused')
  lookFor(90_000, { serving: 6 }, { opensAtMs: 1 })
  t.false(await isStuck(), 'the sale has not opened')
  lookFor(90_000, { serving: 10, gaps: [[11, 20]] })
  t.false(await isStuck(), 'nobody waits')
  lookFor(90_000, { serving: 10 })
  t.true(await isStuck())
  pass(10_000)
  t.false(await isStuck(), 'nobody has looked')
})

test('a room is stuck when its draw should have been held a minute ago, whatever keeps it waiting', async (t) => {
  const { see, value, pass } = roomMetrics()
  const look = async (seconds: number, isDrawDue: boolean): Promise<number | undefined> => {
    for (let second = 0; second < seconds; second += 1) {
      pass(1_000)
      see({ serving: 0, issued: 0 }, { state: 'paused' }, isDrawDue)
    }
    return value('waiting_rooms_stuck')
  }
  t.is(await look(90, false), 0)
  t.is(await look(60, true), 0)
  t.is(await look(2, true), 1)
  t.is(await look(1, false), 0)
})

test('the metrics of rooms show who waits, who is inside, and what the controller goes by', async (t) => {
  const { see, value } = roomMetrics()
  see({ active: 3, called: 2, gaps: [[8, 10]] })
  t.is(await value('waiting_room_waiting'), 12)
  t.is(await value('waiting_room_active'), 3)
  t.is(await value('waiting_room_called'), 2)
  t.is(await value('waiting_room_calls_per_minute'), 150)
  t.is(await value('waiting_room_max_calls_per_minute'), 600)
  t.is(await value('waiting_room_pending_calls'), 4)
  t.is(await value('waiting_room_median_hold_seconds'), 0.02)
})
