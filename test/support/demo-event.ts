import { attachSeating, importEvents } from '#shared/contracts/event.ts'
import { demoEventId } from '#shared/demo.ts'
import { Bus } from '#shared/messaging/bus.ts'
import { call } from '#shared/messaging/call.ts'
import { anonymous } from '#shared/messaging/caller.ts'
import { inDays } from './http.ts'
import type { System } from './system.ts'

/** Puts the event that a bare purchase buys from on sale, with a small house. */
export async function stockDemoEvent(system: System, { seats = 100 }: { seats?: number } = {}): Promise<string> {
  const bus = await Bus.connect({ url: system.natsUrl, name: 'test', timeoutMs: 5_000 })
  const context = { requestId: 'test-demo-event', caller: anonymous, deadlineAt: performance.now() + 20_000 }
  const event = {
    source_id: 'demo-event',
    id: demoEventId,
    name: 'Demo night',
    type: 'Music',
    description: null,
    status: 'published' as const,
    starts_on: inDays(20),
    starts_at_local: '20:00:00',
    tz: 'Europe/Berlin',
    venue: null,
    performers: [],
    price_tiers: [],
    on_sale_at: null,
    off_sale_at: null,
    max_tickets_per_user: 8,
  }
  await call(bus, importEvents, { source: 'test', events: [event], reschedule: false }, context)
  const row = { section: 'Stalls', label: 'A', category: 0 }
  const labels = Array.from({ length: seats }, (_, index) => String(index + 1))
  const layout = {
    name: 'Demo hall',
    width: seats,
    height: 1,
    categories: ['All'],
    rows: [{ ...row, seats: labels, x: labels.map(Number), y: labels.map(() => 0) }],
    areas: [],
  }
  await call(
    bus,
    attachSeating,
    { event_id: demoEventId, layout, price_minor: 5_000, currency: 'EUR', on_sale_at: new Date().toISOString() },
    context,
  )
  await bus.close()
  return demoEventId
}
