import { setTimeout as pause } from 'node:timers/promises'
import { ask } from '../support/http.ts'
import { organiserKey } from '../support/system.ts'
import type { Shop } from './buyer.ts'
import { Random } from './random.ts'

/** What an organiser did to an event. */
export interface SaleChange {
  readonly eventId: string
  /** How the event's page then says that its sale stands. */
  readonly shows: string
  /** By the history's clock: before it was asked for the first time. */
  readonly beganAt: number
  /** When the organiser was told that it is done; null: not yet. */
  acknowledgedAt: number | null
}

const steps = [
  { action: 'pause', shows: 'paused' },
  { action: 'resume', shows: 'on_sale' },
  { action: 'pause', shows: 'paused' },
  { action: 'cancel', shows: 'cancelled' },
] as const

/** Sometimes longer than an old page may be shown at all. */
const pauseMs = { from: 1_500, to: 7_000 }
const askAgainMs = 300
const atOnce = 2

/** An organiser pauses, resumes and cancels the events of `shop.changingEvents`, one thing after the other, until it is over. */
export async function letOrganiserChange(shop: Shop, closed: AbortSignal): Promise<void> {
  const left = [...shop.changingEvents]
  const organisers = Array.from({ length: atOnce }, async (_, number) => {
    const random = new Random(`organiser ${shop.seed} ${number}`)
    for (let eventId = left.shift(); eventId !== undefined; eventId = left.shift()) {
      for (const { action, shows } of steps) {
        if (closed.aborted) return
        await change(shop, { eventId, action, shows, random }, closed)
        await random.pause(pauseMs, closed)
      }
    }
  })
  await Promise.all(organisers)
}

interface Wanted {
  readonly eventId: string
  readonly action: string
  readonly shows: string
  readonly random: Random
}

/** Asks with the same key until it is done, so that no request of before can have its effect later. */
async function change(
  { history, gatewayUrls }: Shop,
  { eventId, action, shows, random }: Wanted,
  closed: AbortSignal,
): Promise<void> {
  const headers = { authorization: `Bearer ${organiserKey}`, 'idempotency-key': random.key() }
  const told: SaleChange = { eventId, shows, beganAt: history.now(), acknowledgedAt: null }
  history.changes.push(told)
  while (!closed.aborted) {
    const url = `${random.pick(gatewayUrls)}/admin/events/${eventId}/${action}`
    const status = await ask(url, { method: 'POST', headers }).then(
      (answer) => answer.status,
      () => 0,
    )
    if (status === 200) {
      told.acknowledgedAt = history.now()
      return
    }
    await pause(askAgainMs)
  }
}
