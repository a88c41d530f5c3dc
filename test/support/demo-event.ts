import { attachSeating, importEvents } from '#shared/contracts/organising.ts'
import { demoEventId } from '#shared/ids.ts'
import { Bus } from '#shared/messaging/bus.ts'
import { askUntilAvailable, askWorker } from './asking.ts'
import { importedEvent, smallLayout } from './catalogue.ts'
import type { System } from './system.ts'

/** Puts the event that a bare purchase buys from on sale, with a house of 100 seats. */
export async function stockDemoEvent({ natsUrls }: System): Promise<void> {
  const bus = await Bus.connect({ url: natsUrls.operator, name: 'test', timeoutMs: 15_000 })
  const events = [importedEvent('demo-event', { id: demoEventId })]
  const imported = { source: 'test', events, reschedule: false }
  await askUntilAvailable(() => askWorker(bus, importEvents, imported))
  const event = { event_id: demoEventId, layout: smallLayout({ rows: 10 }), on_sale_at: new Date().toISOString() }
  const seating = { ...event, price_minor: 5_000, currency: 'EUR' }
  await askUntilAvailable(() => askWorker(bus, attachSeating, seating))
  await bus.close()
}
