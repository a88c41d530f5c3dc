import type { Place } from '#shared/contracts/places.ts'

/** Seats and tickets of areas, counted together. */
export function countPlaces(places: readonly Place[]): number {
  return places.reduce((sum, place) => sum + ('area' in place ? place.qty : 1), 0)
}
