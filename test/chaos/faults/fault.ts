import type { SystemUnderTest } from '../start.ts'

/** Something that goes wrong, and the proof that it did. */
export interface Fault {
  /** What the report counts: `kill process`, `lose replies`. */
  readonly kind: string
  /** What it may be done to; the schedule chooses one. */
  readonly targets: readonly string[]
  /** Parts that no other fault may touch at the same time: `booking`, `postgres`. */
  readonly touches: readonly string[]
  /** The whole system suffers: no other fault at the same time. */
  readonly alone?: boolean
  /** How long it lasts, at least and at most, in milliseconds. 0: an instant. */
  readonly lastsMs: readonly [number, number]
  /** Bound of each outage that it causes: others stand in for what is broken while it lasts. */
  readonly backToNormalWithinMs?: number
  /** Breaks it, waits, heals it. Throws when it could not. */
  inject(system: SystemUnderTest, damage: Damage): Promise<Effect>
}

export interface Damage {
  readonly target: string
  readonly lastsMs: number
  /** How many replies or sessions, where that is a question: 1 to 6. */
  readonly amount: number
}

/** A fault that changed nothing tests nothing: it makes the run red. */
export interface Effect {
  readonly changed: boolean
  /** What was seen: `pid 4711 → 4720`, `3 replies lost`. */
  readonly seen: string
}
