import { randomNumbers } from '../random-numbers.ts'

/*
 * What buyers are like, decided by the seed alone. All times are those of real people, in milliseconds; `--pace` divides them. Shapes are
 * those of published on-sales: most come in the quarter of an hour before the opening, in the busiest minute six times as many as in the
 * mean one of that hour, and up to a fifth of those with a hold leave it to run out.
 */

const habits = {
  buys: 66,
  'card declined first': 4,
  'two tabs': 4,
  'never comes back': 4,
  'leaves the queue': 4,
  'lets the hold run out': 13,
  'closes the page': 5,
} as const

/** What a buyer does, beside what most of them do. */
export type Habit = keyof typeof habits

export interface BuyerPlan {
  /** From 0, in no order. */
  readonly number: number
  readonly habit: Habit
  /** From the opening; negative before it. */
  readonly arrivesMs: number
  readonly places: number
  /** Whether they point at seats of the map, or take the best that are left. */
  readonly picksSeats: boolean
  /** Whether fewer places than wanted will do. */
  readonly takesFewer: boolean
  /** From the pass to the first hold, and from the hold to the payment. */
  readonly choosingMs: number
  readonly payingMs: number
  /** How long they wait inside for places that others may give back. */
  readonly patienceMs: number
  /** For what happens on the way. */
  readonly random: () => number
}

const minute = 60_000
/** Those who come early: none before `fromMs`, and the more the nearer the opening is. */
const early = { share: 0.65, fromMs: 15 * minute, growMs: 6 * minute }
/** The others come later and later, half an hour at most. */
const late = { meanMs: 5 * minute, toMs: 30 * minute }
const placesWanted = { 1: 25, 2: 50, 3: 10, 4: 15 }

/** One buyer of a run. */
export function planBuyer(seed: number, number: number): BuyerPlan {
  const random = randomNumbers(Math.imul(seed, 0x9e3779b1) ^ number)
  const between = (from: number, to: number): number => from + random() * (to - from)
  return {
    number,
    habit: weighted(habits, random),
    arrivesMs: random() < early.share ? arrivesEarly(random()) : arrivesLate(random()),
    places: Number(weighted(placesWanted, random)),
    picksSeats: random() < 0.4,
    takesFewer: random() < 0.6,
    choosingMs: between(20_000, 80_000),
    payingMs: between(40_000, 180_000),
    patienceMs: between(3 * minute, 8 * minute),
    random,
  }
}

/** `share` from 0 to 1 of those who come early. */
function arrivesEarly(share: number): number {
  const least = Math.exp(-early.fromMs / early.growMs)
  return early.growMs * Math.log(least + share * (1 - least))
}

function arrivesLate(share: number): number {
  const most = 1 - Math.exp(-late.toMs / late.meanMs)
  return -late.meanMs * Math.log(1 - share * most)
}

function weighted<Name extends string | number>(weights: Readonly<Record<Name, number>>, random: () => number): Name {
  const entries = Object.entries(weights) as [Name, number][]
  let left = random() * entries.reduce((sum, [, weight]) => sum + weight, 0)
  for (const [name, weight] of entries) {
    left -= weight
    if (left < 0) return name
  }
  return (entries[0] as [Name, number])[0]
}
