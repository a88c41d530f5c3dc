import { type Kind, kinds } from '../../infra/system/application.ts'

/** How many of each kind run. */
export const counts: Readonly<Partial<Record<Kind, number>>> = {
  gateway: 2,
  event: 2,
  booking: 2,
  purchase: 2,
  sandbox: 1,
  audit: 1,
}

/** `booking-1`, `booking-2`. */
export const instanceNames = (kind: Kind): string[] =>
  Array.from({ length: counts[kind] ?? 0 }, (_, index) => `${kinds[kind].instance}-${index + 1}`)
