import { randomNumbers } from '../support/random-numbers.ts'

/*
 * The load: an on-sale, a thousand times faster than life. Minutes are 60 ms long; calls take as long as they take, so
 * that a design which makes others wait for a thinking buyer looks better here than it would in life.
 */

/** Ten minutes. */
export const holdTtlMs = 600
/** Five minutes, a usual distance between two rounds of a clean-up job. */
export const sweepEveryMs = 300

/** So many seats are wanted for each that there is. */
const demand = 3
const maxSeats = 4

/** One buyer, from the seat plan to a decision. */
export interface Visit {
  readonly arrivesAtMs: number
  readonly seatNos: readonly number[]
  readonly thinksMs: number
  /** A vanishing buyer closes the window and says nothing. */
  readonly decision: 'buys' | 'releases' | 'vanishes'
}

export interface Rush {
  readonly runMs: number
  readonly seats: number
  /** By time of arrival. */
  readonly visits: readonly Visit[]
}

export interface RushOptions {
  readonly buyers: number
  readonly seconds: number
  readonly seed: number
}

/**
 * Who comes when, for which seats, and what comes of it. Nothing in it depends on answers: every design meets the same
 * buyers with the same wishes at the same times.
 */
export function planRush({ buyers, seconds, seed }: RushOptions): Rush {
  const random = randomNumbers(seed)
  const runMs = seconds * 1000
  const arrivals = Array.from({ length: buyers }, () => random() * runMs).sort((a, b) => a - b)
  const quantities = arrivals.map(() => 1 + Math.floor(random() * maxSeats))
  const wanted = quantities.reduce((total, qty) => total + qty, 0)
  const seats = Math.max(maxSeats, Math.ceil(wanted / demand))
  const visits = arrivals.map((arrivesAtMs, index) => {
    const qty = quantities[index] ?? 1
    // Squared: the front rows are wanted most.
    const first = Math.floor(random() ** 2 * (seats - qty + 1))
    const seatNos = Array.from({ length: qty }, (_, offset) => first + offset)
    return { arrivesAtMs, seatNos, ...decide(random) }
  })
  return { runMs, seats, visits }
}

/** 45 % buy in time, 10 % try to when their hold has run out, 15 % give the seats back, 30 % vanish. */
function decide(random: () => number): Pick<Visit, 'thinksMs' | 'decision'> {
  const choice = random()
  const share = random()
  const between = (least: number, most: number): number => least + share * (most - least)
  if (choice < 0.45) return { decision: 'buys', thinksMs: between(50, 300) }
  if (choice < 0.55) return { decision: 'buys', thinksMs: between(holdTtlMs + 50, holdTtlMs + 300) }
  if (choice < 0.7) return { decision: 'releases', thinksMs: between(50, 300) }
  return { decision: 'vanishes', thinksMs: 0 }
}
