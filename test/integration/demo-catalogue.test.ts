import test from 'ava'
import { viewSeatStates } from '#shared/contracts/booking.ts'
import type { Contract, ReplyOf, RequestOf } from '#shared/contracts/contract.ts'
import { importEvents, listEvents, viewEvent } from '#shared/contracts/event.ts'
import { demoEventId } from '#shared/demo.ts'
import { Bus } from '#shared/messaging/bus.ts'
import { call } from '#shared/messaging/call.ts'
import { anonymous } from '#shared/messaging/caller.ts'
import { demoEvents, demoIdAt } from '../../infra/demo-catalogue/events.ts'
import { fillDemoCatalogue } from '../../infra/demo-catalogue.ts'
import { importedEvent } from '../support/catalogue.ts'
import { type System, startSystem } from '../support/system.ts'

interface Started {
  readonly system: System
  readonly bus: Bus
}

async function start(): Promise<Started> {
  const system = await startSystem({ counts: { gateway: 0, purchase: 0, sandbox: 0 } })
  return { system, bus: await Bus.connect({ url: system.natsUrl, name: 'test', timeoutMs: 5_000 }) }
}

async function stop({ system, bus }: Started): Promise<void> {
  await bus.close()
  await system.stop()
}

async function fill(bus: Bus): Promise<string[]> {
  const said: string[] = []
  await fillDemoCatalogue({ bus, say: (line) => said.push(line), now: new Date() })
  return said
}

function ask<C extends Contract>(bus: Bus, contract: C, request: RequestOf<C>): Promise<ReplyOf<C>> {
  return call(bus, contract, request, { requestId: 'test', caller: anonymous, deadlineAt: performance.now() + 5_000 })
}

test.serial('an empty database is filled once, also when the first filling was broken off', async (t) => {
  const started = await start()
  const { bus } = started
  t.teardown(() => stop(started))
  const [last] = demoEvents.flatMap(({ venue }, index) => (venue.drawSeats ? [demoIdAt(index)] : [])).toReversed()

  const brokenOff = new Error('broken off')
  const breaking = fillDemoCatalogue({
    bus,
    now: new Date(),
    say: (line) => {
      if (line.includes('on sale')) throw brokenOff
    },
  })
  t.is(await t.throwsAsync(breaking), brokenOff)
  t.is((await ask(bus, viewEvent, { event_id: last ?? '' })).seat_count, 300)
  t.is((await ask(bus, viewEvent, { event_id: demoEventId })).seat_count, 0)

  await fill(bus)
  const { items } = await ask(bus, listEvents, { limit: 100 })
  t.is(items.length, 30)
  t.is(items.filter(({ availability }) => availability === 'plenty').length, 6)
  t.is((await ask(bus, viewSeatStates, { event_id: demoEventId })).available, 15_000)
  t.is((await ask(bus, viewEvent, { event_id: demoEventId })).sale.status, 'on_sale')

  t.deepEqual(await fill(bus), [])
})

test.serial('a database with events of somebody else gets none of the demo', async (t) => {
  const started = await start()
  const { bus } = started
  t.teardown(() => stop(started))
  await ask(bus, importEvents, { source: 'test', events: [importedEvent('1')], reschedule: false })
  t.deepEqual(await fill(bus), [])
  t.is((await ask(bus, listEvents, { status: 'any', limit: 100 })).items.length, 1)
})
