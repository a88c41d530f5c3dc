import { refundEvent } from '#shared/contracts/purchase.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { operation } from '#shared/messaging/serve.ts'
import { serveScripted } from './scripted-worker.ts'

/** The purchase worker as the event worker knows it: it takes requests to refund whole events into memory. */
export interface ScriptedRefunds {
  /** Ids of the events, as they came. */
  readonly asked: string[]
  stop(): Promise<void>
}

export async function startScriptedRefunds(bus: Bus): Promise<ScriptedRefunds> {
  const asked: string[] = []
  const refund = operation(refundEvent, async ({ event_id }) => {
    asked.push(event_id)
    const counts = { bookings: 0, refunded: 0, refunded_minor: 0 }
    const startedAt = new Date().toISOString()
    return { event_id, status: 'running' as const, ...counts, started_at: startedAt, finished_at: null }
  })
  return { asked, stop: await serveScripted(bus, 'purchase', [refund]) }
}
