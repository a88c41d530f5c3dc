/** Numbers of the seats among places or tickets, in the order they come. */
export const seatNosOf = (places: readonly object[]): number[] =>
  places.flatMap((place) => ('seat_no' in place ? [place.seat_no as number] : []))
