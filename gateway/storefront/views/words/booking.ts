/** Sentences of a buyer's bookings. */
export const title = 'My bookings'
export const none = 'No bookings yet'
export const noneText = 'Your bookings and tickets appear here.'
export const toWhatsOn = 'See what’s on'
export const passedOnToYou = 'Passed on to you'
export const bought = 'Bought by you'
export const earlier = 'Earlier bookings'
export const earlierTickets = 'Earlier tickets'
export const unknownEvent = 'An event that is no longer published'
export const tickets = (count: number) => (count === 1 ? '1 ticket' : `${count} tickets`)
export const states = {
  pending: 'Waiting for your bank',
  confirmed: 'Booked',
  cancelled: 'Cancelled',
  expired: 'Not paid',
  failed: 'Not bought',
}
export const eventCancelled = 'Event cancelled'
export const notes = {
  pending: {
    title: 'Your bank has not answered yet.',
    text: 'Do not pay again: we keep asking, and this page changes by itself.',
  },
  bought: (tickets: number, when: string) => ({
    title: 'Bought.',
    text: `${tickets === 1 ? '1 ticket' : `${tickets} tickets`} for ${when}.`,
  }),
  eventCancelled: { title: 'The event is cancelled.', text: 'You get your money back automatically.' },
  cancelled: { title: 'Cancelled.', text: 'These tickets are no longer valid.' },
  revoked: { title: 'Your bank withdrew the payment.', text: 'Nothing was charged, and your seats were released.' },
  expired: { title: 'Not paid in time.', text: 'Nothing was charged, and your seats were released.' },
  failed: { title: 'Not bought.', text: 'Your seats went to others before they were paid for. No money was taken.' },
}
export const yourTickets = 'Your tickets'
export const showTicket = 'Show ticket'
export const seat = 'Seat'
export const ticket = 'Ticket'
export const row = (row: string) => `Row ${row}`
export const place = (section: string, row: string, seat: string) => `${section}, row ${row}, seat ${seat}`
export const ticketStates = { valid: 'Valid', used: 'Used', void: 'Void' }
export const passedOn = 'Passed on'
export const sums = { total: 'Total', refunded: 'Paid back', due: 'On its way back' }
export const bookedOn = (date: string) => `Booked ${date}`
export const calendar = 'Add to calendar'
export const returnTickets = 'Give tickets back'
export const returnWhich = 'Which tickets?'
export const returnNone = 'Choose a ticket first.'
export const returnSum = (tickets: number, sum: string) =>
  `Give back ${tickets === 1 ? '1 ticket' : `${tickets} tickets`} for ${sum}`
export const needsScript = 'Giving tickets back needs JavaScript.'
export const returning = 'Giving back…'
export const returnText = 'Your money goes to the card that you paid with. The tickets are then no longer valid.'
export const returnUntil = (time: string) => `Possible until ${time}.`
export const noReturns = 'Tickets of this event cannot be given back.'
export const tooLate = (time: string) => `Tickets could be given back until ${time}.`
export const returned = (tickets: number) => ({
  title: tickets === 1 ? 'You gave 1 ticket back.' : `You gave ${tickets} tickets back.`,
  text: 'Your refund is on its way.',
})
export const offline = { title: 'No connection.', text: 'We keep trying; nothing happens twice.' }
