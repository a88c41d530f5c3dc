import type { FollowedFact } from '#shared/facts/follow.ts'
import type { FactPosition } from '#shared/facts/stream.ts'
import { catalogueTag, eventTag, placesTag } from '../routes/cache-policy.ts'

/** Tags per generation; two generations are remembered. A reply older than the forgotten ones counts as changed. */
const maxTags = 50_000

/**
 * The stream position of the latest domain event about each tag. A reply carries the position that its gateway had reached when it called
 * the worker; a later event about one of its tags invalidates the reply in every gateway. Because the time of the call counts, neither a
 * slow worker nor Redis can bring an old reply back.
 */
export class Invalidations {
  #recent = new Map<string, number>()
  #earlier = new Map<string, number>()
  /** No position in `#earlier` is higher. */
  #earlierEnd = 0
  /** From this position on, no event was missed or forgotten. */
  #floor: FactPosition | null = null

  /** Following begins, or begins again, at this position. Events before it may have been missed. */
  restart(position: FactPosition): void {
    this.#floor = position
    this.#recent.clear()
    this.#earlier.clear()
    this.#earlierEnd = 0
  }

  add({ entity, eventId, sequence }: Omit<FollowedFact, 'payload'>): void {
    for (const tag of tagsOf(entity, eventId)) this.#note(tag, sequence)
  }

  /** Whether one of the tags changed, or may have changed, after the position. */
  isChangedSince(position: FactPosition | null, tags: readonly string[]): boolean {
    // No events were followed yet: only the age counts.
    if (this.#floor === null) return false
    if (position === null || position.stream !== this.#floor.stream) return true
    if (position.sequence < this.#floor.sequence) return true
    return tags.some((tag) => (this.#recent.get(tag) ?? this.#earlier.get(tag) ?? 0) > position.sequence)
  }

  #note(tag: string, sequence: number): void {
    this.#recent.set(tag, sequence)
    if (this.#recent.size < maxTags || this.#floor === null) return
    this.#floor = { ...this.#floor, sequence: Math.max(this.#floor.sequence, this.#earlierEnd) }
    this.#earlier = this.#recent
    this.#earlierEnd = sequence
    this.#recent = new Map()
  }
}

function tagsOf(entity: FollowedFact['entity'], eventId: string): readonly string[] {
  switch (entity) {
    case 'event':
      return [eventTag(eventId), catalogueTag]
    case 'seat':
    case 'hold':
    case 'booking':
      return [placesTag(eventId)]
    case 'payment':
    case 'waiting-list':
      return []
  }
}
