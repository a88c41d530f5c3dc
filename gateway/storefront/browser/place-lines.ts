import type { ChosenSeat, ListRow, OpenSection, SectionLine } from '../views/event/event-state.ts'
import { count, money } from '../views/format.ts'
import * as words from '../views/words/event.ts'
import * as common from '../views/words.ts'
import type { Cursor } from './seat-map/keys.ts'
import { accessibility, type Plan, placeOf } from './seat-map/plan.ts'
import type { SeatStates } from './seat-map/states.ts'

/** How money and numbers are written. */
export interface Writing {
  readonly language: string
  readonly currency: string
}

/** A section with more free seats gets no check boxes: there the map works better. */
const maxListed = 1_000

/** The list's data of each section; `onlyAccessible`: counts only places for wheelchair users and companions. */
export function sectionLines(plan: Plan, states: SeatStates, onlyAccessible: boolean): SectionLine[] {
  return plan.sections.map(({ name, dearest, rows, seatCount }, index) => {
    const lowest = rows.reduce((price, row) => Math.max(price, plan.price[plan.rows[row]?.first ?? 0] ?? 0), dearest)
    const line = { name, price: dearest, fromMinor: plan.prices[lowest]?.priceMinor ?? 0, seatCount }
    if (!onlyAccessible)
      return { ...line, free: states.freeOfSection(index), together: states.longestRunOfSection(index) }
    const free = rows.reduce((sum, row) => sum + freeSeats(plan, states, row, true).length, 0)
    return { ...line, free, together: null }
  })
}

/** The free and the chosen seats of a section, row by row. */
export function openSection(
  plan: Plan,
  states: SeatStates,
  section: number,
  { isChosen, onlyAccessible, ...writing }: Writing & { isChosen(seat: number): boolean; onlyAccessible: boolean },
): OpenSection {
  const rows: ListRow[] = []
  let [listed, more] = [0, 0]
  for (const row of plan.sections[section]?.rows ?? []) {
    const seats = freeSeats(plan, states, row, onlyAccessible, isChosen)
    if (seats.length === 0) continue
    if (listed >= maxListed) {
      more += seats.length
      continue
    }
    listed += seats.length
    rows.push({
      label: plan.rows[row]?.label ?? '',
      seats: seats.map((seat) => ({
        seat,
        label: plan.labels[seat] ?? '',
        name: seatName(plan, seat, writing),
        isChosen: isChosen(seat),
        isAccessible: plan.accessible[seat] !== accessibility.none,
      })),
    })
  }
  return { rows, more }
}

/** A seat as the panel lists it. */
export function chosenSeat(plan: Plan, seat: number, isLost: boolean): ChosenSeat {
  return { seat, ...placeOf(plan, seat), price: plan.price[seat] ?? 0, isLost }
}

/** Seats as text: `LOGE12, row 7, seats 9 and 10; BAL316, row 2, seat 4`. */
export function placesText(plan: Plan, seats: readonly number[]): string {
  const byRow = Map.groupBy(seats, (seat) => plan.row[seat] ?? 0)
  return Array.from(byRow.values(), (ofRow) => {
    const { section, row } = placeOf(plan, ofRow[0] ?? 0)
    const labels = ofRow.map((seat) => plan.labels[seat] ?? '')
    const last = labels.pop() ?? ''
    return words.seatsOfRow(section, row, labels.length === 0 ? [last] : [labels.join(', '), last])
  }).join('; ')
}

/** What screen readers say about a place on the map. */
export function cursorName(
  plan: Plan,
  states: SeatStates,
  { kind, index }: Cursor,
  { isYours, language, currency }: Writing & { isYours(seat: number): boolean },
): string {
  const price = (minor: number): string => money(minor, currency, { language, free: common.free })
  if (kind === 'section') {
    const [line] = [plan.sections[index]]
    const free = states.freeOfSection(index)
    if (line === undefined || free === 0) return words.sectionGone(line?.name ?? '')
    const lowest = line.rows.reduce((found, row) => Math.max(found, plan.price[plan.rows[row]?.first ?? 0] ?? 0), 0)
    const from = price(plan.prices[lowest]?.priceMinor ?? 0)
    return words.sectionName(line.name, count(free, language), count(line.seatCount, language), from)
  }
  if (kind === 'area') {
    const area = plan.areas[index]
    return words.areaName(
      area?.name ?? '',
      count(states.freeOfArea(index), language),
      price(plan.prices[area?.price ?? 0]?.priceMinor ?? 0),
    )
  }
  if (kind === 'row')
    return words.rowName(plan.rows[index]?.label ?? '', states.freeOfRow(index), states.longestRunOfRow(index))
  const state = isYours(index) ? words.yours : (words.seatStates[states.of(index)] ?? '')
  return `${seatName(plan, index, { language, currency })}, ${state}`
}

function seatName(plan: Plan, seat: number, { language, currency }: Writing): string {
  const { section, row, label, priceMinor } = placeOf(plan, seat)
  const sign =
    plan.accessible[seat] === accessibility.wheelchair
      ? words.wheelchair
      : plan.accessible[seat] === accessibility.companion
        ? words.companion
        : null
  const price = money(priceMinor, currency, { language, free: common.free })
  return [words.seatName(section, row, label), sign, price].filter((part) => part !== null).join(', ')
}

function freeSeats(
  plan: Plan,
  states: SeatStates,
  row: number,
  onlyAccessible: boolean,
  isChosen: (seat: number) => boolean = () => false,
): number[] {
  const { first, end } = plan.rows[row] ?? { first: 0, end: 0 }
  const seats: number[] = []
  for (let seat = first; seat < end; seat += 1) {
    if (onlyAccessible && plan.accessible[seat] === accessibility.none) continue
    if (states.isFree(seat) || isChosen(seat)) seats.push(seat)
  }
  return seats
}
