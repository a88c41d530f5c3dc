import { setSale } from '#shared/contracts/stock.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { askWorker } from './asking.ts'

/** Lets tickets of an event on sale be cancelled until tomorrow, which `eventOnSale` does not. */
export async function allowCancelling(bus: Bus, eventId: string): Promise<void> {
  const fromNow = (ms: number): string => new Date(Date.now() + ms).toISOString()
  await askWorker(bus, setSale, {
    event_id: eventId,
    status: 'on_sale',
    on_sale_at: fromNow(-3_600_000),
    off_sale_at: null,
    cancel_until: fromNow(86_400_000),
  })
}
