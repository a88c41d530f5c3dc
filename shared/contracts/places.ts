import { z } from 'zod'
import { priceMinor, publicIdField, seatNo, text } from './fields.ts'

/** Places that buyers hold and buy: seats, and tickets of general admission (GA) areas, sold by count. */

export const seatPlace = z.object({
  seat_no: seatNo,
  section: z.string(),
  row: z.string(),
  label: z.string(),
  price_minor: priceMinor,
})

/** `area` is its name, `price_minor` the price of one place. */
const areaPlace = z.object({ area: z.string(), qty: z.int().min(1), price_minor: priceMinor })

export const place = z.union([seatPlace, areaPlace])

/** Once `sold_percent` of a tier is sold, its places cost `price_minor`; below the first step, their own price. */
export const priceSteps = z
  .array(z.strictObject({ sold_percent: z.int().min(1).max(99), price_minor: priceMinor }))
  .max(10)
  .refine(
    (steps) => steps.every((step, index) => index === 0 || step.sold_percent > (steps[index - 1]?.sold_percent ?? 0)),
    'must be sorted by sold_percent',
  )

export type PriceStep = z.infer<typeof priceSteps>[number]

const ticketState = { id: publicIdField, status: z.enum(['valid', 'used', 'void']) }

export const ticket = z.union([
  seatPlace.omit({ price_minor: true }).extend(ticketState),
  areaPlace.pick({ area: true }).extend(ticketState),
])

export type SeatPlace = z.infer<typeof seatPlace>
export type Place = z.infer<typeof place>

/** In one hold, seats and GA together. */
const maxPlaces = 100

const bestAvailable = z.strictObject({
  qty: z.int().min(1).max(maxPlaces),
  /** Name of a price tier. */
  tier: text(100).optional(),
  section: text(100).optional(),
  /** For wheelchair users and companions; such seats are offered only on request. */
  accessible: z.boolean().optional(),
  /** `prefer` falls back to separate seats. */
  adjacent: z.enum(['require', 'prefer']).default('require'),
})

/** Wanted places: named seats or the best available, GA tickets, or seats and GA tickets together. */
export const selection = {
  seat_nos: z
    .array(seatNo)
    .min(1)
    .max(maxPlaces)
    .refine((seats) => new Set(seats).size === seats.length, 'must not name a seat twice')
    .optional(),
  best_available: bestAvailable.optional(),
  areas: z
    .array(z.strictObject({ area: text(100), qty: z.int().min(1).max(maxPlaces) }))
    .min(1)
    .max(20)
    .refine((areas) => new Set(areas.map(({ area }) => area)).size === areas.length, 'must not name an area twice')
    .optional(),
}

export type Selection = z.infer<z.ZodObject<typeof selection>>

export function wantedPlaces({ seat_nos, best_available, areas }: Selection): number {
  const admissions = areas?.reduce((sum, { qty }) => sum + qty, 0) ?? 0
  return (seat_nos?.length ?? best_available?.qty ?? 0) + admissions
}

/** Whether a selection names at least one place, at most 100, and seats in one way only. */
export function isSelection(request: Selection): boolean {
  const { seat_nos, best_available, areas } = request
  if (seat_nos !== undefined && best_available !== undefined) return false
  return (seat_nos ?? best_available ?? areas) !== undefined && wantedPlaces(request) <= maxPlaces
}

export const selectionMessage = `needs seats (seat_nos or best_available), areas, or both, at most ${maxPlaces} places`
