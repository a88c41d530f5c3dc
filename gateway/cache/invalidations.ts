import type { FollowedFact } from '#shared/facts/follow.ts'
import type { FactPosition } from '#shared/facts/stream.ts'
import { catalogueTag, eventTag, placesTag } from './share-policy.ts'

/** So many tags with news, and as many again, are remembered. What had none since is forgotten, with all replies as old as that. */
const maxTags = 50_000

/**
 * What facts have told so far, by tag: the position of the last one in the stream. A reply carries the position up to which its
 * gateway had heard when it asked, so whatever was committed, told and heard before is in it; it is outdated when one of its tags
 * has later news. The same holds for a reply of another gateway, and for one whose worker was slow: no order of events can put an
 * old reply in the place of a new one, because what counts is when it was asked for and not when it arrived.
 */
export class Invalidations {
  /** The position of the last news of a tag. */
  #recent = new Map<string, number>()
  #earlier = new Map<string, number>()
  /** No position in `#earlier` is higher. */
  #earlierEnd = 0
  /** Where this gateway began to listen, or as far back as it remembers. What is older may have missed something. */
  #floor: FactPosition | null = null

  /** Listening begins at this position, for the first time or again: what happened since the last fact is unknown. */
  restart(position: FactPosition): void {
    this.#floor = position
    this.#recent.clear()
    this.#earlier.clear()
    this.#earlierEnd = 0
  }

  /** Takes in one fact. */
  hear({ entity, eventId, sequence }: FollowedFact): void {
    for (const tag of tagsOf(entity, eventId)) this.#note(tag, sequence)
  }

  /** Whether there was news of one of the tags after the position; also when that cannot be known. */
  hasNewsSince(asked: FactPosition | null, tags: readonly string[]): boolean {
    // Nobody has listened yet: only age counts.
    if (this.#floor === null) return false
    if (asked === null || asked.stream !== this.#floor.stream || asked.sequence < this.#floor.sequence) return true
    for (const tag of tags) {
      const last = this.#recent.get(tag) ?? this.#earlier.get(tag)
      if (last !== undefined && last > asked.sequence) return true
    }
    return false
  }

  #note(tag: string, position: number): void {
    this.#recent.set(tag, position)
    if (this.#recent.size < maxTags || this.#floor === null) return
    this.#floor = { ...this.#floor, sequence: Math.max(this.#floor.sequence, this.#earlierEnd) }
    this.#earlier = this.#recent
    this.#earlierEnd = position
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
      return []
  }
}
