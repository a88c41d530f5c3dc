/** Sentences of a ticket. */
export const title = 'Ticket'
export const ticketOf = (number: number, count: number) => `Ticket ${number} of ${count}`
export const states = { valid: 'valid', used: 'used', void: 'void', passedOn: 'passed on' }
export const allOfBooking = (count: number) =>
  count === 1 ? 'The booking of this ticket' : `All ${count} tickets of this booking`
export const allBookings = 'My bookings'
export const section = 'Section'
export const row = 'Row'
export const seat = 'Seat'
export const area = 'Area'
export const doors = (time: string) => `doors ${time}`
export const booked = (date: string) => `booked ${date}`
export const code = (number: string) => `Code of ticket ${number}`
export const number = (number: string) => `No. ${number}`
export const calendar = 'Add to calendar'
export const print = 'Print'
export const passOn = 'Pass it on'
export const returnTickets = (sum: string) => `Give back for ${sum}`
export const advice =
  'The code works without a connection. The first person to show it gets in: do not post a picture of it.'
export const saved = 'This ticket is saved on this device and opens without a connection.'
export const offline = 'No connection: this is the ticket as you last saw it. Its code still works.'
export const ended = {
  used: { word: 'Used', text: 'Somebody has entered with this ticket.' },
  void: { word: 'Void', text: 'This ticket was given back or cancelled. It is no longer valid.' },
}
export const passedOn = {
  word: 'Passed on',
  text: 'Somebody else has this ticket now. Only their code works.',
}
export const passOnTo = 'Who gets it?'
export const passOnHint = 'The user id with which they sign in.'
export const passOnText =
  'Your code stops working at once, and only they see the new one. You cannot take the ticket back or get a refund for it.'
export const passOnButton = 'Pass this ticket on'
export const passOnNeedsScript = 'Passing a ticket on needs JavaScript.'
export const passingOn = 'Passing on…'
export const passOnMissing = 'Write who gets the ticket.'
export const passedOnTo = (user: string) => `Passed on to ${user}.`
export const passedOnLink = 'They find it under My bookings, or at this address:'
export const noConnection = 'No connection. Nothing was passed on yet: press again, it happens once.'
