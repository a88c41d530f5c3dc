import type { ParsedRequestOf } from '#shared/contracts/contract.ts'
import { placeholderCategory } from '#shared/contracts/layout.ts'
import type { createEvent } from '#shared/contracts/organising.ts'
import type { FieldError } from '#shared/errors.ts'
import type { Seating } from './seating.ts'

type Section = ParsedRequestOf<typeof createEvent>['sections'][number]
type Area = ParsedRequestOf<typeof createEvent>['areas'][number]

/** Keeps the layout, sent as one reply, below the largest message. Larger events have a seating plan and use the importer. */
const maxSeats = 100_000

/** What is wrong with the sections as a whole; each was already checked. */
export function sectionFaults(sections: readonly Section[]): FieldError[] {
  const faults = sections.flatMap(({ name }, index) =>
    sections.findIndex((other) => other.name === name) < index
      ? [{ pointer: `/sections/${index}/name`, detail: 'is the name of another section' }]
      : [],
  )
  const seats = sections.reduce((sum, { rows, seats_per_row }) => sum + rows * seats_per_row, 0)
  if (seats > maxSeats) faults.push({ pointer: '/sections', detail: `must have at most ${maxSeats} seats together` })
  return faults
}

/**
 * Seats in straight rows, one section behind the other; each section is a price category. A seat is 1 by 1. Areas are not drawn. Without
 * sections there is one category without seats, because a layout needs one.
 */
export function simpleSeating(sections: readonly Section[], areas: readonly Area[]): Omit<Seating, 'currency'> {
  let y = 0
  const rows = sections.flatMap((section, category) => {
    const places = Array.from({ length: section.seats_per_row }, (_, index) => index)
    const sectionRows = Array.from({ length: section.rows }, (_, index) => ({
      section: section.name,
      label: rowLabel(index),
      category,
      seats: places.map((place) => String(place + 1)),
      x: places,
      y: places.map(() => y + index),
      ...(section.accessible ? { accessible: true as const } : {}),
    }))
    y += section.rows + 1
    return sectionRows
  })
  return {
    layout: {
      name: 'Simple seating',
      width: Math.max(0, ...sections.map(({ seats_per_row }) => seats_per_row)),
      height: Math.max(0, y - 1),
      categories: sections.length > 0 ? sections.map(({ name }) => name) : [placeholderCategory],
      rows,
      areas: areas.map(({ name, capacity }) => ({ name, capacity })),
    },
    categoryPricesMinor: sections.length > 0 ? sections.map(({ price_minor }) => price_minor) : [0],
    priceSteps: sections.length > 0 ? sections.map(({ price_steps }) => price_steps) : [[]],
    areaPricesMinor: areas.map(({ price_minor }) => price_minor),
  }
}

/** A, B, … Z, AA, AB, … */
function rowLabel(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26))
  return index < 26 ? letter : rowLabel(Math.floor(index / 26) - 1) + letter
}
