import type { HeldShard } from './store/areas.ts'

/** Places that a transaction has locked for one hold, each at the price that the hold freezes. */
export interface TakenPlaces {
  readonly seats: readonly { readonly seatNo: number; readonly priceMinor: number }[]
  /** Standing places, one entry a shard; `priceMinor` is that of one place. */
  readonly standing: readonly HeldShard[]
}
