import type { Layout } from '#shared/contracts/layout.ts'
import { attachSeating, importEvents } from '#shared/contracts/organising.ts'
import { newId } from '#shared/ids.ts'
import { Bus } from '#shared/messaging/bus.ts'
import { buildLayout } from '../../../infra/ops/import/formats/seating-plan.ts'
import { askUntilAvailable, askWorker } from '../../support/asking.ts'
import { importedEvent } from '../../support/catalogue.ts'
import type { System } from '../../support/system.ts'

/** Puts an event on sale in a house, and answers its id. */
export async function sellHouse(system: Pick<System, 'natsUrls'>, layout: Layout): Promise<string> {
  const bus = await Bus.connect({ url: system.natsUrls.operator, name: 'test', timeoutMs: 5_000 })
  const id = newId()
  const events = [importedEvent(id, { id, max_tickets_per_user: 100 })]
  const imported = { source: 'test', events, reschedule: false }
  await askUntilAvailable(() => askWorker(bus, importEvents, imported))
  const on_sale_at = new Date().toISOString()
  const seating = { event_id: id, layout, price_minor: 5_000, currency: 'EUR', on_sale_at }
  await askUntilAvailable(() => askWorker(bus, attachSeating, seating))
  await bus.close()
  return id
}

/** Blocks of 400 seats in rows of 20. */
export function blocks(count: number): Layout {
  const across = Math.ceil(Math.sqrt(count))
  const rows = Array.from({ length: count * 20 }, (_, index) => {
    const block = Math.floor(index / 20)
    const [left, top] = [(block % across) * 260, Math.floor(block / across) * 400]
    return {
      section: `Block ${block + 1}`,
      label: String((index % 20) + 1),
      seats: Array.from({ length: 20 }, (_each, seat) => ({
        label: String(seat + 1),
        category: ['A', 'B', 'C'][block % 3] ?? 'A',
        x: left + seat * 11,
        y: top + (index % 20) * 17,
      })),
    }
  })
  return buildLayout({ name: 'Blocks', width: 0, height: 0, rows, areas: [] })
}
