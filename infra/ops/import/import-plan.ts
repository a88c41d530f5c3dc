import { createHash } from 'node:crypto'
import type { ReplyOf } from '#shared/contracts/contract.ts'
import { attachSeating, type CatalogueEvent, importEvents } from '#shared/contracts/organising.ts'
import { TicketingError } from '#shared/errors.ts'
import { uuidText } from '#shared/ids.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { ExplainedError } from '../../explained-error.ts'
import type { Price, SeatingChoices } from './config.ts'
import { derivedSourceId, plainEvent, plainVenue } from './formats/catalogue.ts'
import type { SeatingPlan } from './formats/seating-plan.ts'
import { ask, findEvent } from './import-context.ts'

export type SeatedEvent = ReplyOf<typeof attachSeating>

export interface PlanImportOptions {
  readonly choices: Pick<SeatingChoices, 'eventId' | 'onSale' | 'tz'>
  readonly price: Price
  readonly now: Date
}

/** An event made for a plan takes place this long after its import, in the evening. */
const daysAhead = 60
const startsAtLocal = '19:30:00'

/** Gives an event the plan's seats at one price, and opens its sale when asked to. Throws `ExplainedError`. */
export async function importPlan(
  bus: Bus,
  plan: SeatingPlan,
  { choices, price, now }: PlanImportOptions,
): Promise<SeatedEvent> {
  const { onSale } = choices
  try {
    const eventId = choices.eventId ?? (await planEvent(bus, plan, { tz: choices.tz, now }))
    return await ask(bus, attachSeating, {
      event_id: eventId,
      layout: plan.layout,
      price_minor: price.minor,
      currency: price.currency,
      on_sale_at: onSale === 'now' ? now.toISOString() : onSale,
    })
  } catch (error) {
    if (error instanceof TicketingError) throw new ExplainedError(error.message, { cause: error })
    throw error
  }
}

/** The event that is made for a plan; importing the same plan again finds it, changed or not. */
async function planEvent(bus: Bus, plan: SeatingPlan, when: { tz: string; now: Date }): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(plan.layout)).digest()
  const id = uuidOf(hash)
  if ((await findEvent(bus, id)) !== null) return id
  const event = newEvent(plan, { ...when, id, sourceId: hash.toString('hex') })
  await ask(bus, importEvents, { source: 'plan', events: [event], reschedule: false })
  return id
}

function newEvent(
  { layout, city }: SeatingPlan,
  { id, sourceId, tz, now }: { id: string; sourceId: string; tz: string; now: Date },
): CatalogueEvent {
  return {
    ...plainEvent,
    id,
    source_id: sourceId,
    name: layout.name,
    starts_on: new Date(now.getTime() + daysAhead * 86_400_000).toISOString().slice(0, 10),
    starts_at_local: startsAtLocal,
    tz,
    venue: { ...plainVenue, source_id: derivedSourceId(layout.name, city), name: layout.name, city, tz },
  }
}

/** A UUID of version 8, the one whose bits are free to choose, from the first half of a SHA-256 digest. */
function uuidOf(hash: Buffer): string {
  const bytes = Buffer.from(hash.subarray(0, 16))
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return uuidText(bytes)
}
