/** Numbers of the seats among places or tickets, in the order they come. */
export function seatNosOf(places: readonly object[]): number[] {
  return places.flatMap((place) => ('seat_no' in place ? [place.seat_no as number] : []))
}
