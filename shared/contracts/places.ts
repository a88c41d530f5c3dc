import { z } from 'zod'
import { priceMinor, publicIdField, seatNo, text } from './fields.ts'

/** Places that buyers choose, hold and buy: numbered seats, and standing places of an area, which are sold by count. */

export const seatPlace = z.object({
  seat_no: seatNo,
  section: z.string(),
  row: z.string(),
  label: z.string(),
  price_minor: priceMinor,
})

const areaPlace = z.object({
  /** Name of the area. */
  area: z.string(),
  qty: z.int().min(1),
  /** Of one place. */
  price_minor: priceMinor,
})

export const place = z.union([seatPlace, areaPlace])

const ticketState = { id: publicIdField, status: z.enum(['valid', 'used', 'void']) }

export const ticket = z.union([
  seatPlace.omit({ price_minor: true }).extend(ticketState),
  areaPlace.pick({ area: true }).extend(ticketState),
])

export type SeatPlace = z.infer<typeof seatPlace>
export type Place = z.infer<typeof place>

/** Of one hold, over seats and areas together. */
const maxPlaces = 100

const bestAvailable = z.strictObject({
  qty: z.int().min(1).max(maxPlaces),
  /** Name of a price tier. */
  tier: text(100).optional(),
  section: text(100).optional(),
  /** Places for wheelchairs and the like; such are given to nobody who does not ask for them. */
  accessible: z.boolean().optional(),
  /** `prefer` takes seats apart where none are left side by side. */
  adjacent: z.enum(['require', 'prefer']).default('require'),
})

/** The wanted places: named seats or the best that are free, standing places, or seats and standing places together. */
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

/** How many places a selection asks for. */
export function wantedPlaces({ seat_nos, best_available, areas }: Selection): number {
  const standing = areas?.reduce((sum, { qty }) => sum + qty, 0) ?? 0
  return (seat_nos?.length ?? best_available?.qty ?? 0) + standing
}

/** Seats are either named or the best that are free, and something is wanted at all. */
export function isSelection(request: Selection): boolean {
  const { seat_nos, best_available, areas } = request
  if (seat_nos !== undefined && best_available !== undefined) return false
  return (seat_nos ?? best_available ?? areas) !== undefined && wantedPlaces(request) <= maxPlaces
}

export const selectionMessage = `one of seat_nos and best_available, or areas, or both is needed, for at most ${maxPlaces} places`
