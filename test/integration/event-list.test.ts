import test from 'ava'
import { listEvents } from '#shared/contracts/event.ts'
import { importEvents } from '#shared/contracts/organising.ts'
import { daysFromToday, importedEvent } from '../support/catalogue.ts'
import { emptyEventWorker } from '../support/event-worker.ts'

const worker = emptyEventWorker()

async function store(...events: ReturnType<typeof importedEvent>[]): Promise<void> {
  await worker.ask(importEvents, { source: 'test', events, reschedule: false })
}

test.serial('upcoming events come by date, then time, an unknown time last', async (t) => {
  const day = daysFromToday(20)
  await store(
    importedEvent('unknown', { starts_on: day, starts_at_local: null }),
    importedEvent('late', { starts_on: day, starts_at_local: '22:00:00' }),
    importedEvent('early', { starts_on: day, starts_at_local: '11:00:00' }),
    importedEvent('next day', { starts_on: daysFromToday(21), starts_at_local: '01:00:00' }),
    importedEvent('past', { starts_on: daysFromToday(-2) }),
    importedEvent('postponed', { status: 'postponed' }),
    importedEvent('cancelled', { status: 'cancelled' }),
    importedEvent('moved', { status: 'rescheduled', starts_on: daysFromToday(19) }),
  )
  const { items, message, next_cursor } = await worker.ask(listEvents, {})
  t.is(items.map(({ name }) => name).join(', '), 'Event moved, Event early, Event late, Event unknown, Event next day')
  t.is(message, '5 upcoming events')
  t.is(next_cursor, null)
  t.like(items[1], {
    type: 'Music',
    status: 'published',
    starts_on: day,
    tz: 'Europe/Berlin',
    venue: { name: 'Große Halle', city: 'Berlin', country: 'DE' },
    price_from_minor: null,
    availability: 'not_on_sale',
  })
  t.is(items[3]?.starts_at, null)

  const any = await worker.ask(listEvents, { status: 'any' })
  t.is(any.message, '8 events')
  t.is(any.items[0]?.name, 'Event past')
})

test.serial('an event is upcoming for the whole of its day at the venue', async (t) => {
  const zones = ['Pacific/Kiritimati', 'UTC', 'Pacific/Pago_Pago']
  const dateIn = (tz: string): string => new Intl.DateTimeFormat('en-CA', { timeZone: tz }).format(new Date())
  const today = zones.map(dateIn)
  const expected = zones.map((tz) => `Event today ${tz}`).toSorted()
  await store(
    ...zones.flatMap((tz) => {
      const yesterday = new Date(Date.parse(dateIn(tz)) - 86_400_000).toISOString().slice(0, 10)
      return [
        importedEvent(`today ${tz}`, { tz, starts_on: dateIn(tz), starts_at_local: '00:00:00' }),
        importedEvent(`yesterday ${tz}`, { tz, starts_on: yesterday, starts_at_local: '23:59:00' }),
      ]
    }),
  )
  const { items } = await worker.ask(listEvents, {})
  // When it has become midnight in one of them in between, nothing can be said.
  const sameDay = zones.map(dateIn).join() === today.join()
  if (sameDay) t.deepEqual(items.map(({ name }) => name).toSorted(), expected)
  else t.pass()
})

test.serial('pages follow each other through equal dates and unknown times', async (t) => {
  const names = Array.from({ length: 25 }, (_, index) => `${index}`.padStart(2, '0'))
  await store(
    ...names.map((name, index) =>
      importedEvent(name, {
        name,
        starts_on: daysFromToday(10 + (index % 3)),
        starts_at_local: index % 2 === 0 ? null : '20:00:00',
      }),
    ),
  )
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const page = await worker.ask(listEvents, { limit: 4, ...(cursor === undefined ? {} : { cursor }) })
    seen.push(...page.items.map(({ name }) => name))
    cursor = page.next_cursor ?? undefined
  } while (cursor !== undefined)
  const all = await worker.ask(listEvents, { limit: 100 })
  t.is(seen.join(), all.items.map(({ name }) => name).join())
  t.deepEqual(seen.toSorted(), names)
})
