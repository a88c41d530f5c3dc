/*
 * A fact is published after the commit that made it true. Its payload is absolute state ("seat 7 is sold") with the version of what it
 * describes, never a change ("one seat fewer"). So facts may arrive twice and in any order: the higher version counts.
 */

const factEntities = ['event', 'seat', 'hold', 'booking', 'waiting-list', 'payment'] as const

export interface FactName {
  readonly entity: (typeof factEntities)[number]
  readonly eventId: string
  /** What happened: lower-case words joined by `-`, such as `released`. */
  readonly what: string
}

export interface Fact extends FactName {
  readonly payload: object
  /** W3C `traceparent` of the recorded request that caused it, if one transaction serves several; else the current one. */
  readonly traceparent?: string | undefined
}

export const allFacts = 'ticketing.fact.>'

const subjectForm = new RegExp(
  `^ticketing\\.fact\\.(${factEntities.join('|')})\\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\\.([a-z-]{1,60})$`,
)

/** `ticketing.fact.<entity>.<event id>.<what>`. Throws `RangeError` if a part does not fit into a subject. */
export function factSubject({ entity, eventId, what }: FactName): string {
  const subject = `ticketing.fact.${entity}.${eventId}.${what}`
  if (!subjectForm.test(subject)) throw new RangeError(`not the subject of a fact: ${JSON.stringify(subject)}`)
  return subject
}

/** The parts of a subject of `factSubject`. Throws `RangeError` on any other. */
export function parseFactSubject(subject: string): FactName {
  const [, entity, eventId, what] = subjectForm.exec(subject) ?? []
  if (entity === undefined || eventId === undefined || what === undefined) {
    throw new RangeError(`not the subject of a fact: ${JSON.stringify(subject)}`)
  }
  return { entity: entity as FactName['entity'], eventId, what }
}

/** The subject without the event's id: one of a few names, for spans and metrics. */
export function factKind({ entity, what }: Pick<FactName, 'entity' | 'what'>): string {
  return `ticketing.fact.${entity}.${what}`
}
