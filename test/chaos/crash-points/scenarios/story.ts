import type { Answer } from '../../../support/http.ts'
import type { BuyerRequest } from '../client.ts'
import type { CrashSystem, OpenEvent } from '../crash-system.ts'
import type { Ending } from '../ending.ts'

/** A request in which a process dies, and how everything must be in the end, whenever it dies. */
export interface Story {
  readonly request: BuyerRequest
  /** What others do while the request is under way; it leads to the step. */
  meanwhile?(): Promise<void>
  /** The one final answer: `201`, `402 payment_declined`. */
  readonly answer: string
  /** What must be possible then. Throws when it is not. */
  afterwards?(answer: Answer): Promise<void>
  readonly ending: Ending
  /** The ending in a few words. */
  readonly outcome: string
}

/** Does what comes before the request; `event` is the story's own. */
export type Scenario = (system: CrashSystem, event: OpenEvent) => Promise<Story>

/** One ticket sold and paid for, nothing else. */
export const oneSale = ({ priceMinor }: OpenEvent): Ending => ({
  bookings: ['confirmed captured'],
  holds: ['converted'],
  payments: ['captured'],
  charges: [`captured ${priceMinor}`],
  seats: ['0 sold'],
  validTickets: 1,
  factsWrong: [],
})
