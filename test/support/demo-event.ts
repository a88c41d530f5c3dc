import { attachSeating, importEvents } from '#shared/contracts/organising.ts'
import { demoEventId } from '#shared/ids.ts'
import { Bus } from '#shared/messaging/bus.ts'
import { askWorker } from './asking.ts'
import { importedEvent, smallLayout } from './catalogue.ts'
import type { System } from './system.ts'

/** Puts the event that a bare purchase buys from on sale, with a house of 100 seats. */
export async function stockDemoEvent({ natsUrls }: System): Promise<void> {
  const bus = await Bus.connect({ url: natsUrls.operator, name: 'test', timeoutMs: 5_000 })
  const events = [importedEvent('demo-event', { id: demoEventId })]
  await askWorker(bus, importEvents, { source: 'test', events, reschedule: false })
  const seating = { layout: smallLayout({ rows: 10 }), price_minor: 5_000, currency: 'EUR' }
  const on_sale_at = new Date().toISOString()
  await askWorker(bus, attachSeating, { event_id: demoEventId, ...seating, on_sale_at })
  await bus.close()
}
