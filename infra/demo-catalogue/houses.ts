import type { Layout } from '#shared/contracts/layout.ts'
import { buildLayout, type PlanRow } from '../import/formats/seating-plan.ts'

/* Drawn in units of about 5 cm. Rows come in the order in which best available should offer them. */

const seatsPerRow = 20
const pitch = 12

/** A chamber hall of 300 seats: stalls, whose last row is accessible, and above their end a balcony. */
export function chamberHall(name: string): Layout {
  const rows = [
    ...rowNumbers(10).map((row) => ({
      ...straightRow({ section: 'Stalls', category: 'Stalls', row, left: 30, top: 80 }),
      accessible: row === 10,
    })),
    ...rowNumbers(5).map((row) => straightRow({ section: 'Balcony', category: 'Balcony', row, left: 30, top: 230 })),
  ]
  return buildLayout({ name, width: 300, height: 320, rows, areas: [] })
}

/** An arena of 15,000 seats and 800 standing places: six blocks on the floor, a pit, and two rings around them. */
export function arenaBowl(name: string): Layout {
  const rows = [
    ...floorRows({ blocks: 'ABC', top: 610 }),
    ...floorRows({ blocks: 'DEF', top: 830 }),
    ...ringRows({ category: 'Lower ring', firstSection: 101, sections: 20, innerRadius: 400 }),
    ...ringRows({ category: 'Upper ring', firstSection: 201, sections: 24, innerRadius: 620 }),
  ]
  return buildLayout({ name, ...bowl, rows, areas: [{ name: 'Pit', capacity: 800 }] })
}

const rowsPerSection = 15
const bowl = { width: 2_120, height: 1_640 }
/** A hall is longer than wide. */
const stretch = 1.3
/** The part of a section's angle that is aisle. */
const aisle = 0.06

function floorRows({ blocks, top }: { blocks: string; top: number }): PlanRow[] {
  return rowNumbers(rowsPerSection).flatMap((row) =>
    [...blocks].map((block, column) =>
      straightRow({ section: `Floor ${block}`, category: 'Floor', row, left: 680 + column * 255, top }),
    ),
  )
}

function ringRows(ring: { category: string; firstSection: number; sections: number; innerRadius: number }): PlanRow[] {
  const angle = (2 * Math.PI) / ring.sections
  return rowNumbers(rowsPerSection).flatMap((row) => {
    const radius = ring.innerRadius + (row - 1) * pitch
    return rowNumbers(ring.sections).map((section) => ({
      section: `Section ${ring.firstSection + section - 1}`,
      label: String(row),
      seats: rowNumbers(seatsPerRow).map((seat) => {
        const at = angle * (section - 1 + aisle / 2 + ((1 - aisle) * (seat - 0.5)) / seatsPerRow)
        return {
          label: String(seat),
          category: ring.category,
          x: bowl.width / 2 + radius * stretch * Math.sin(at),
          y: bowl.height / 2 - radius * Math.cos(at),
        }
      }),
    }))
  })
}

function straightRow(at: { section: string; category: string; row: number; left: number; top: number }): PlanRow {
  return {
    section: at.section,
    label: String(at.row),
    seats: rowNumbers(seatsPerRow).map((seat) => ({
      label: String(seat),
      category: at.category,
      x: at.left + (seat - 1) * pitch,
      y: at.top + (at.row - 1) * pitch,
    })),
  }
}

function rowNumbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1)
}
