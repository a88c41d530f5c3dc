import { z } from 'zod'
import { priceMinor, seatNo, text, ticketId } from './fields.ts'

/** Places that buyers hold and buy: seats, and tickets of general admission (GA) areas, sold by count. */

export const seatPlace = z
  .object({
    seat_no: seatNo,
    section: z.string().describe('Section of the house'),
    row: z.string().describe('Row within the section'),
    label: z.string().describe('Label on the seat'),
    price_minor: priceMinor,
  })
  .meta({ id: 'SeatPlace', description: 'A numbered seat' })

const areaPlace = z
  .object({
    area: z.string().describe('Name of the general admission area'),
    qty: z.int().min(1).describe('Number of tickets'),
    price_minor: priceMinor.describe('Price of one ticket, in minor units'),
  })
  .meta({ id: 'AreaPlace', description: 'Tickets of a general admission area' })

export const place = z.union([seatPlace, areaPlace]).meta({
  id: 'Place',
  description: 'A seat, or tickets of a general admission area',
})

export const priceSteps = z
  .array(
    z
      .strictObject({
        sold_percent: z
          .int()
          .min(1)
          .max(99)
          .describe('Sold share of the tier from which this price applies, in percent'),
        price_minor: priceMinor,
      })
      .meta({ id: 'PriceStep', description: 'The price once so much of a tier is sold' }),
  )
  .max(10)
  .refine(
    (steps) => steps.every((step, index) => index === 0 || step.sold_percent > (steps[index - 1]?.sold_percent ?? 0)),
    'must be sorted by sold_percent',
  )
  .describe('Prices that rise as places are sold. Below the first step, places cost the price of their tier')

export type PriceStep = z.infer<typeof priceSteps>[number]

const ticketState = {
  id: ticketId,
  status: z.enum(['valid', 'used', 'void']).describe('`used` after admission, `void` after a cancellation'),
  passed_on: z
    .literal(true)
    .optional()
    .describe('Present if the buyer passed it on: only its new holder can enter with it'),
}

export const seatTicket = seatPlace
  .omit({ price_minor: true })
  .extend(ticketState)
  .meta({ id: 'SeatTicket', description: 'The ticket of a seat' })

export const areaTicket = areaPlace
  .pick({ area: true })
  .extend(ticketState)
  .meta({ id: 'AreaTicket', description: 'A ticket of a general admission area' })

export const ticket = z.union([seatTicket, areaTicket]).meta({ id: 'Ticket', description: 'Admits one person' })

export type SeatPlace = z.infer<typeof seatPlace>
export type Place = z.infer<typeof place>

/** Most places of one hold, seats and GA tickets together. */
const maxPlaces = 100

const bestAvailable = z
  .strictObject({
    qty: z.int().min(1).max(maxPlaces).describe('Number of seats'),
    tier: text(100).optional().describe('Only seats of this price tier, by its name'),
    section: text(100).optional().describe('Only seats of this section, by its name'),
    accessible: z
      .boolean()
      .optional()
      .describe('Seats for wheelchair users and companions, which are offered only on request'),
    adjacent: z
      .enum(['require', 'prefer'])
      .default('require')
      .describe('Whether the seats must be side by side; `prefer` falls back to separate seats'),
  })
  .meta({ id: 'BestAvailable', description: 'Requests the best free seats' })

/** The wanted places: named or best available seats, GA tickets, or both. */
export const selection = {
  seat_nos: z
    .array(seatNo)
    .min(1)
    .max(maxPlaces)
    .refine((seats) => new Set(seats).size === seats.length, 'must not name a seat twice')
    .optional()
    .meta({ description: 'The wanted seats, by number. Not together with `best_available`', examples: [[17, 18]] }),
  best_available: bestAvailable.optional().describe('The best free seats. Not together with `seat_nos`'),
  areas: z
    .array(
      z
        .strictObject({
          area: text(100).describe('Name of the general admission area'),
          qty: z.int().min(1).max(maxPlaces).describe('Number of tickets'),
        })
        .meta({ id: 'AreaSelection', description: 'Number of tickets of a general admission area' }),
    )
    .min(1)
    .max(20)
    .refine((areas) => new Set(areas.map(({ area }) => area)).size === areas.length, 'must not name an area twice')
    .optional()
    .describe('Tickets of general admission areas, alone or together with seats'),
}

export type Selection = z.infer<z.ZodObject<typeof selection>>

/** How many places a selection wants. */
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
