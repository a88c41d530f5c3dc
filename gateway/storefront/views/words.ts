/** Sentences of all pages; those of one part stand in `words/`. Short, true, what happened first, then what can be done. */
export const words = {
  whatsOn: 'What’s on',
  bookings: 'My bookings',
  skip: 'Skip to the content',
  home: (shop: string) => `${shop}, to the front page`,
  pages: 'Pages',
  yourHold: 'Seats that you hold',
  held: (seats: number) => (seats === 1 ? '1 seat' : `${seats} seats`),
  venueTimes: 'Times are those of the venue.',
  api: 'API',
  running: 'What is running',
  demo: 'Demo: no real money moves.',
  free: 'Free',
}
