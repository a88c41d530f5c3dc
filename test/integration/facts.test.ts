import { setTimeout as pause } from 'node:timers/promises'
import test from 'ava'
import { consumeFacts, type DeadLetter, watchDeadLetters } from '#shared/facts/consume.ts'
import { addFact, addFacts } from '#shared/facts/outbox.ts'
import { numbersOf, released, startFactParts, upTo } from '../support/fact-parts.ts'
import { silentLog } from '../support/silent-log.ts'
import { until } from '../support/until.ts'

test('a fact that cannot be handled is tried five times, becomes a dead letter and holds up no other', async (t) => {
  const parts = await startFactParts(t)
  await parts.startRelay()
  const letters: DeadLetter[] = []
  t.teardown(watchDeadLetters(parts.bus, (letter) => letters.push(letter)))
  const tries: number[] = []
  const handled = new Set<number>()
  await parts.consume({
    durable: 'picky',
    retryDelaysMs: [50],
    async handle({ payload, deliveries }) {
      const { no } = payload as { no: number }
      if (no !== 0) return void handled.add(no)
      tries.push(deliveries)
      throw new Error('cannot be handled')
    },
  })
  await addFacts(parts.postgres, 'booking', upTo(100).map(released))
  await until('the dead letter is reported', () => letters.length > 0)
  await until('all others are handled', () => handled.size === 99)
  t.deepEqual(tries, [1, 2, 3, 4, 5])
  t.like(letters[0], { stream: 'TICKETING_FACTS', consumer: 'picky', deliveries: 5 })
  await addFact(parts.postgres, 'booking', released(100))
  await until('later ones are handled', () => handled.has(100))
  t.is(letters.length, 1)
  t.is(tries.length, 5)
})

test('a fact that could not be handled at first is handled later', async (t) => {
  const parts = await startFactParts(t)
  await parts.startRelay()
  const tries: number[] = []
  await parts.consume({
    retryDelaysMs: [20],
    async handle({ deliveries }) {
      tries.push(deliveries)
      if (deliveries < 3) throw new Error('not yet')
    },
  })
  await addFact(parts.postgres, 'booking', released(0))
  await until('the third try', () => tries.length === 3)
  await addFact(parts.postgres, 'booking', released(1))
  await until('the next fact', () => tries.length > 3)
  t.deepEqual(tries.slice(0, 4), [1, 2, 3, 1])
})

test('processes that share a consumer share the facts; each other consumer gets those of its subjects', async (t) => {
  const parts = await startFactParts(t)
  await parts.startRelay()
  // A fact takes a moment, so that one process does not get all of them.
  const slow = (into: number[]) => ({
    durable: 'shared',
    async handle({ payload }: { payload: unknown }) {
      await pause(5)
      into.push((payload as { no: number }).no)
    },
  })
  const [one, other]: [number[], number[]] = [[], []]
  await Promise.all([parts.consume(slow(one)), parts.consume(slow(other))])
  const bookings = await parts.consume({ durable: 'bookings', subjects: ['ticketing.fact.booking.*.confirmed'] })
  await addFacts(parts.postgres, 'booking', [
    ...upTo(300).map(released),
    { ...released(300), entity: 'booking', what: 'confirmed' },
  ])
  await until('all are handled', () => one.length + other.length >= 301 && bookings.length > 0)
  t.is([...one, ...other].sort((a, b) => a - b).join(), upTo(301).join())
  t.true(one.length > 0 && other.length > 0)
  t.deepEqual(numbersOf(bookings), [300])
})

test('at most sixteen facts are handled at once, and stopping waits for those', async (t) => {
  const parts = await startFactParts(t)
  await parts.startRelay()
  let [atOnce, most, done] = [0, 0, 0]
  const gate = Promise.withResolvers<void>()
  const stop = await consumeFacts(parts.bus, {
    durable: 'bounded',
    subjects: ['ticketing.fact.>'],
    log: silentLog,
    async handle() {
      atOnce += 1
      most = Math.max(most, atOnce)
      await gate.promise
      atOnce -= 1
      done += 1
    },
  })
  await addFacts(parts.postgres, 'booking', upTo(100).map(released))
  await until('as many as may be are under way', () => atOnce === 16)
  const stopped = stop()
  gate.resolve()
  await stopped
  t.deepEqual([atOnce, most, done], [0, 16, 16])
  // The rest is there for the next process.
  const received = await parts.consume({ durable: 'bounded' })
  await until('the rest arrives', () => received.length >= 84)
  t.is(received.length, 84)
})

test('a consumer goes on after its stream was deleted under it', async (t) => {
  const parts = await startFactParts(t)
  await parts.startRelay()
  const received = await parts.consume()
  await addFact(parts.postgres, 'booking', released(0))
  await until('the first arrives', () => received.length === 1)
  await parts.bus.request('$JS.API.STREAM.DELETE.TICKETING_FACTS', { payload: new Uint8Array(), headers: {} }, 15_000)
  await addFact(parts.postgres, 'booking', released(1))
  await until('the second arrives', () => numbersOf(received).includes(1))
  t.pass()
})

test('a consumer takes over new settings, although the server has it with others', async (t) => {
  const parts = await startFactParts(t)
  await parts.startRelay()
  const before = await parts.consume({ durable: 'changing', subjects: ['ticketing.fact.booking.*.confirmed'] })
  const after = await parts.consume({ durable: 'changing', subjects: ['ticketing.fact.hold.*.released'] })
  await addFact(parts.postgres, 'booking', released(0))
  await until('the fact of its new subjects arrives', () => before.length + after.length > 0)
  t.deepEqual(numbersOf([...before, ...after]), [0])
})
