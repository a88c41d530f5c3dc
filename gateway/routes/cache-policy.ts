/** For how long, and until which domain events, a reply may be given to everybody. */
export interface CachePolicy {
  /** Up to this age, counted from the call to the worker, a reply is fresh. */
  readonly freshForMs: number
  /** For this much longer it is stale: still given, while a newer one is fetched. */
  readonly staleWhileRevalidateMs: number
  /** The `Cache-Control` of the reply to a request, for caches in front of the gateway and in browsers. */
  cacheControl(request: Record<string, unknown>): string
  /** The tags of the reply to a request. */
  tags(request: Record<string, unknown>): CacheTags
}

/** What a reply shows. A domain event about one of these tags ends or shortens its life. */
export interface CacheTags {
  /** A domain event purges the reply: what an organiser changed is never shown as it was. */
  readonly purge: readonly string[]
  /** A soft purge: the reply stays until it is `softPurgeMs` old, so that a rush does not turn every read into a call. */
  readonly softPurge: readonly string[]
}

/** Everybody sees what others hold and buy within this time. */
export const softPurgeMs = 1_000

/** How long an expired reply may stand in for workers that do not answer. */
export const staleIfErrorMs = 60_000

/** What other caches may do with what this gateway caches for so long. */
export function publicFor(policy: Pick<CachePolicy, 'freshForMs' | 'staleWhileRevalidateMs'>): string {
  const seconds = (ms: number): number => Math.floor(ms / 1_000)
  const { freshForMs, staleWhileRevalidateMs } = policy
  const times = `max-age=${seconds(freshForMs)}, stale-while-revalidate=${seconds(staleWhileRevalidateMs)}`
  return `public, ${times}, stale-if-error=${seconds(staleIfErrorMs)}`
}

/** Tag of all lists and searches. */
export const catalogueTag = 'catalogue'

/** Tag of an event as its organiser made it. */
export function eventTag(eventId: string): string {
  return `event:${eventId}`
}

/** Tag of an event's seats and GA areas: what is held and sold. */
export function placesTag(eventId: string): string {
  return `places:${eventId}`
}
