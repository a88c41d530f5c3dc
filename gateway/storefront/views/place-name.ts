import * as bookingWords from './words/booking.ts'

type NamedPlace = { readonly section: string; readonly row: string; readonly label: string } | { readonly area: string }

/** `LOGE12, row 7, seat 9` */
export function placeName(place: NamedPlace): string {
  return 'area' in place ? place.area : bookingWords.place(place.section, place.row, place.label)
}
