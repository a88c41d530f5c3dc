/** How long a reply may be sent to everybody, and which domain events end that time. */
export interface CachePolicy {
  /** Up to this age, counted from the call to the worker, a reply is fresh. */
  readonly freshForMs: number
  /** For this much longer it is stale: still sent, while a newer one is fetched. */
  readonly staleWhileRevalidateMs: number
  /** The `Cache-Control` of the reply, for browsers and for caches in front of the gateway. */
  cacheControl(request: Record<string, unknown>): string
  /** The tags of the reply to a request. */
  tags(request: Record<string, unknown>): CacheTags
}

/** What a reply shows. A domain event about one of these tags expires the reply or shortens its life. */
export interface CacheTags {
  /** A domain event purges the reply: after an organiser's change, the old state is never sent. */
  readonly purge: readonly string[]
  /** A soft purge: the reply is still sent until it is `softPurgeMs` old. Otherwise a rush would turn every read into a call. */
  readonly softPurge: readonly string[]
}

/** Within this time, everybody sees what others hold and buy. */
export const softPurgeMs = 1_000

/** How long an expired reply may replace workers that do not answer. */
export const staleIfErrorMs = 60_000

/** The `Cache-Control` that lets other caches keep a reply as long as this gateway does. */
export function publicFor(policy: Pick<CachePolicy, 'freshForMs' | 'staleWhileRevalidateMs'>): string {
  const seconds = (ms: number): number => Math.floor(ms / 1_000)
  const { freshForMs, staleWhileRevalidateMs } = policy
  const times = `max-age=${seconds(freshForMs)}, stale-while-revalidate=${seconds(staleWhileRevalidateMs)}`
  return `public, ${times}, stale-if-error=${seconds(staleIfErrorMs)}`
}

/** The tag of all lists and searches. */
export const catalogueTag = 'catalogue'

/** The tag of an event's data that organisers edit. */
export function eventTag(eventId: string): string {
  return `event:${eventId}`
}

/** The tag of an event's seats and GA areas: what is held and sold. */
export function placesTag(eventId: string): string {
  return `places:${eventId}`
}
