/** Sentences of the page where a hold is paid for. */
export const title = 'Pay'
export const titleFree = 'Book for free'
export const steps = ['Seats', 'Pay', 'Tickets']
export const stepsName = 'Steps'
export const heldForYou = 'Held for you'
export const beingPaid = 'Being paid for'
export const ended = 'No longer held'
export const clockName = 'Time left to pay'
export const minutes = (count: number) => (count === 1 ? '1 minute' : `${count} minutes`)
export const until = (time: string) => `Yours until ${time}, the venue’s time. Nobody else can buy them.`
export const beforeTheClock = 'Pay before the clock runs out.'
export const moreTime = 'More time'
export const noMoreTime = (time: string) =>
  `You cannot get more time: these seats are held until ${time} at the latest.`
export const gotMoreTime = (time: string) => `Yours until ${time} now.`
export const seats = 'Seats'
export const row = (row: string, seat: string) => `Row ${row}, seat ${seat}`
export const tickets = (count: number) => (count === 1 ? '1 ticket' : `${count} tickets`)
export const releaseOne = (name: string) => `Release ${name}`
export const total = 'Total, fees included'
export const otherSeats = 'Other seats'
export const releaseAll = 'Release all'
export const releasing = 'Releasing…'
export const card = 'Pay with'
export const cards = [
  { token: 'tok_ok', name: 'Card that pays', hint: '' },
  { token: 'tok_declined', name: 'Declined card', hint: '' },
  { token: 'tok_slow', name: 'Slow bank', hint: 'answers after 3 s' },
  { token: 'tok_timeout_then_ok', name: 'Bank that answers late', hint: 'paid a little later' },
  { token: 'tok_timeout_then_fail', name: 'Bank that never answers', hint: 'nothing is charged' },
  { token: 'tok_capture_fails', name: 'Bank that withdraws the payment', hint: 'seats are released' },
]
export const sandbox = 'Payment sandbox: no real card, no real money.'
export const pay = (sum: string) => `Pay ${sum}`
export const book = 'Book for free'
export const paying = (sum: string) => `Paying ${sum}…`
export const booking = 'Booking…'
export const cancelUntil = (time: string) => `Tickets can be given back until ${time}.`
export const noReturns = 'Tickets of this event cannot be given back.'
export const needsScript = 'Paying needs JavaScript. Switch it on, then reload this page.'
export const left = (minutes: number) => (minutes === 1 ? '1 minute left.' : `${minutes} minutes left to pay.`)
export const notes = {
  declined: {
    title: 'Your bank said no.',
    text: 'Nothing was charged and your seats are still yours. Try another card.',
  },
  not_authorised: {
    title: 'Your bank did not answer.',
    text: 'Nothing was charged and your seats are still yours. Try once more, or with another card.',
  },
  price_changed: {
    title: 'The price has changed.',
    text: 'Your seats were changed meanwhile, so nothing was charged. If the sum is all right, pay again.',
  },
  provider_unavailable: {
    title: 'The payment provider cannot be reached.',
    text: 'Nothing was charged and your seats are still yours. Try again in a moment.',
  },
  busy: {
    title: 'Many people are paying right now.',
    text: 'Nothing was charged and your seats are still yours. Try again in a moment.',
  },
  offline: (time: string) => ({
    title: 'No connection.',
    text: `Nothing was changed. Your seats stay yours until ${time}.`,
  }),
}
export const retrying = { title: 'No answer yet.', text: 'We keep trying. You will not be charged twice.' }
export const waiting = {
  title: 'Your bank has not answered yet.',
  text: 'Do not pay again: we keep asking, and this page changes by itself.',
}
export const waitingOffline = (time: string) => ({
  title: 'No connection.',
  text: `Your seats stay yours until ${time}; we keep trying. You will not be charged twice.`,
})
export const elsewhere = {
  title: 'You are paying for these seats in another tab.',
  text: 'Do not pay again: this page changes by itself.',
}
export const bought = { title: 'Bought.', text: 'We show you your tickets.' }
export const showBookings = 'My bookings'
export const ends = {
  ran_out: { title: 'Your time ran out.', text: 'Nothing was charged. Your seats may still be free.' },
  released: { title: 'You released these seats.', text: 'Nothing was charged.' },
  seats_taken: {
    title: 'Your time ran out, and somebody else bought your seats.',
    text: 'Your bank had said yes, but no money was taken.',
  },
  event_cancelled: { title: 'The event is cancelled.', text: 'No money was taken.' },
  ticket_limit: {
    title: 'You have reached the ticket limit for this event.',
    text: 'Your time had run out, and no money was taken.',
  },
  revoked: {
    title: 'Your bank withdrew the payment.',
    text: 'Nothing was charged, and your seats were released. Choose again, and pay with another card.',
  },
  lost: { title: 'Your hold ended before it was paid for.', text: 'No money was taken.' },
}
export const takeAgain = 'Choose seats again'
