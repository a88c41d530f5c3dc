import { type Kind, kinds } from '../../infra/system/application.ts'
import type { LinkPlan } from '../../infra/system/links.ts'
import { temporarySettings } from '../../infra/system/temporary-settings.ts'

/** How many of each kind run. */
export const counts: Readonly<Partial<Record<Kind, number>>> = {
  gateway: 2,
  event: 2,
  booking: 2,
  purchase: 2,
  sandbox: 1,
  audit: 1,
}

/** `booking-1`, `booking-2`. */
export const instanceNames = (kind: Kind): string[] =>
  Array.from({ length: counts[kind] ?? 0 }, (_, index) => `${kinds[kind].instance}-${index + 1}`)

/** The links of a run. A worker is NATS' client, but it is the one who replies. */
export const links: readonly LinkPlan[] = [
  { client: 'gateway', server: 'nats', replies: 'to client' },
  { client: 'event', server: 'nats', replies: 'to server' },
  { client: 'booking', server: 'nats', replies: 'to server' },
  { client: 'purchase', server: 'nats', replies: 'to server' },
  { client: 'gateway', server: 'redis', replies: 'to client' },
  { client: 'booking', server: 'redis', replies: 'to client' },
  { client: 'event', server: 'postgres', replies: 'to client' },
  { client: 'booking', server: 'postgres', replies: 'to client' },
  { client: 'purchase', server: 'postgres', replies: 'to client' },
  { client: 'sandbox', server: 'postgres', replies: 'to client' },
  { client: 'purchase', server: 'sandbox', replies: 'to client' },
  // Webhooks.
  { client: 'sandbox', server: 'gateway', replies: 'to client' },
  { client: 'audit', server: 'nats', replies: 'to server' },
  { client: 'audit', server: 'postgres', replies: 'to client' },
  { client: 'audit', server: 'sandbox', replies: 'to client' },
]

/** How long a hold lasts here, in milliseconds: short, so that many run out within a run. */
export const holdTtlMs = 2_000

/** Of the class that the prober hammers: large enough for leases, small enough to be used up again and again. */
export const probedLimit = { rateClass: 'my-things', max: 160, windowMs: 60_000 } as const

/** What all processes are told. Everything lasts shorter than usual, so that a minute sees what a day would. */
export const settings = {
  ...temporarySettings,
  // On, and out of the way of everybody but the prober.
  RATE_LIMITS: 'on',
  RATE_LIMIT_MAXIMA: `${probedLimit.rateClass}=${probedLimit.max},my-bookings=6000,sell=6000,demo-body=60000,organise=6000`,
  GATEWAYS: String(counts.gateway),
  HOLD_TTL_MS: String(holdTtlMs),
  PAYMENT_WINDOW_MS: '4000',
  PROVIDER_TIMEOUT_MS: '1500',
  // Every webhook comes twice, each copy at its own time: late, early, and out of order.
  WEBHOOK_COPIES: '2',
  WEBHOOK_DELAY_MS: '0-2500',
  AUDIT_EVERY_MS: '3000',
} as const
