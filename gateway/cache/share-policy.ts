/** For how long, and until which news, the answer of a public GET route may be given to everybody. */
export interface SharePolicy {
  /** Age in milliseconds, counted from the question, up to which it is given without a second thought. */
  readonly freshForMs: number
  /** For so much longer it is given while a newer one is asked for. Nobody gets an older one while the workers answer. */
  readonly staleWhileRevalidateMs: number
  /** What caches in front of the gateway and in browsers may do with it. */
  readonly cacheControl: string
  /** What it tells of; news of one of them ends it. */
  tags(request: Record<string, unknown>): ReplyTags
}

export interface ReplyTags {
  /** After news of these it is worth nothing: what an organiser changed must not be shown as it was. */
  readonly strict: readonly string[]
  /** After news of these it may be shown until it is `lenientMs` old, so that a rush does not make every read a question. */
  readonly lenient: readonly string[]
}

/** For how long after its time a reply may stand in for workers that do not answer. */
export const staleIfErrorMs = 60_000

/** A policy whose `Cache-Control` says the same to caches in front of the gateway, unless it is given. */
export function sharePolicy(policy: Omit<SharePolicy, 'cacheControl'> & Partial<SharePolicy>): SharePolicy {
  const seconds = (ms: number): number => Math.floor(ms / 1_000)
  const { freshForMs, staleWhileRevalidateMs } = policy
  const times = `max-age=${seconds(freshForMs)}, stale-while-revalidate=${seconds(staleWhileRevalidateMs)}`
  return { cacheControl: `public, ${times}, stale-if-error=${seconds(staleIfErrorMs)}`, ...policy }
}

/** The bound within which everybody sees what others hold and buy. */
export const lenientMs = 1_000

/** All lists and searches. */
export const catalogueTag = 'catalogue'

/** An event as its organiser made it. */
export function eventTag(eventId: string): string {
  return `event:${eventId}`
}

/** Who holds and who has bought places of an event. */
export function placesTag(eventId: string): string {
  return `places:${eventId}`
}
