import { refundEvent } from '#shared/contracts/purchase.ts'
import { operation } from '#shared/messaging/serve.ts'
import type { NatsUrls } from '../../infra/system/servers/nats-users.ts'
import { serveScripted } from './scripted-worker.ts'

/** The purchase worker as the event worker knows it: it takes requests to refund whole events into memory. */
export interface ScriptedRefunds {
  /** Ids of the events, as they came. */
  readonly asked: string[]
  stop(): Promise<void>
}

export async function startScriptedRefunds(natsUrls: NatsUrls): Promise<ScriptedRefunds> {
  const asked: string[] = []
  const refund = operation(refundEvent, async ({ event_id }) => {
    asked.push(event_id)
    const counts = { bookings: 0, refunded: 0, refunded_minor: 0 }
    const startedAt = new Date().toISOString()
    return { event_id, status: 'running' as const, ...counts, started_at: startedAt, finished_at: null }
  })
  return { asked, stop: await serveScripted(natsUrls, 'purchase', [refund]) }
}
