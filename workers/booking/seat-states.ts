/** Codes of a seat's state, two bits each. */
export const seatStateCodes = { available: 0, held: 1, sold: 2, blocked: 3 } as const

export type SeatState = keyof typeof seatStateCodes

/** The state of a digit. */
export function seatStateOf(digit: string): SeatState | undefined {
  return seatStates.find((state) => String(seatStateCodes[state]) === digit)
}

const seatStates = Object.keys(seatStateCodes) as SeatState[]

/** States of consecutive seats: one digit of `seatStateCodes` per seat. */
export interface StatesOfRow {
  readonly firstSeatNo: number
  readonly codes: string
}

export interface SeatStates {
  readonly available: number
  readonly held: number
  readonly sold: number
  /** base64 of two bits per seat, in the order of seat numbers, low bits first. */
  readonly states: string
}

/** Counts and packs the states of all seats. A number without a seat shows as blocked: while stock is created, rows arrive in any order. */
export function packSeatStates(rows: readonly StatesOfRow[]): SeatStates {
  const seats = rows.reduce((most, { firstSeatNo, codes }) => Math.max(most, firstSeatNo + codes.length), 0)
  const bySeatNo = new Uint8Array(seats).fill(seatStateCodes.blocked)
  for (const { firstSeatNo, codes } of rows) bySeatNo.set(Array.from(codes, Number), firstSeatNo)

  const counts = [0, 0, 0, 0]
  const packed = Buffer.alloc(Math.ceil(seats / 4))
  for (const [seatNo, code] of bySeatNo.entries()) {
    counts[code] = (counts[code] ?? 0) + 1
    packed[seatNo >> 2] = (packed[seatNo >> 2] ?? 0) | (code << ((seatNo & 3) * 2))
  }
  const [available = 0, held = 0, sold = 0] = counts
  return { available, held, sold, states: packed.toString('base64') }
}
