/** Sentences of the desk, the pages for organisers. */

export const title = 'Desk'
export const home = 'Desk, all events'
export const events = 'Events'
export const bookings = 'Bookings'

/* Signing in */
export const keyHeading = 'Sign in to the desk'
export const key = 'Organiser key'
export const keyHint = 'It begins with org_. In the demo, the last screen of npm start shows it.'
export const keyMissing = 'Type the organiser key.'

/* Freshness */
export const live = 'Live'
export const figuresOf = (time: string) => `Figures of ${time}`

/* Events */
export const search = 'Search events'
export const searchButton = 'Search'
export const allEvents = 'All events'
export const eventsFrom = (date: string) => `From ${date} on.`
export const earlierEvents = 'Earlier events'
export const found = (keyword: string) => `Found for “${keyword}”`
export const noEvents = 'There are no events.'
export const nothingFound =
  'Nothing was found. Drafts, and events that do not take place, are only in the list of all events.'
export const event = 'Event'
export const state = 'Status'
export const sale = 'Sale'
export const soldOfAll = 'Sold'
export const next = 'Next page'
export const of = (sold: string, all: string) => `${sold} of ${all}`
export const eventStates: Readonly<Record<string, string>> = {
  draft: 'Draft',
  published: 'Takes place',
  postponed: 'Postponed',
  rescheduled: 'On a new date',
  cancelled: 'Cancelled',
}
export const saleStates: Readonly<Record<string, string>> = {
  announced: 'Not open yet',
  on_sale: 'On sale',
  paused: 'Paused',
  off_sale: 'Over',
  postponed: 'Waits for a date',
  cancelled: 'Cancelled',
}

/* One event */
export const draft = 'Draft: buyers do not see it'
export const draftHeading = 'Check the draft'
export const draftText =
  'Publish it when all is right. A draft cannot be changed: if something is wrong, leave it unpublished and make a new event.'
export const kind = 'Kind'
export const performers = 'Performers'
export const standingAt = (places: string, price: string) => `${places} at ${price}, general admission`
export const saleOpens = 'Sale opens'
export const atPublishing = 'when you publish'
export const timeZone = 'Time zone'
export const ticketsABuyer = 'Tickets per buyer'
export const onSale = 'On sale'
export const onSaleSince = (time: string, length: string) => `On sale since ${time}, ${length}`
export const opens = (time: string) => `Sale opens ${time}`
export const announced = 'The sale is not open yet'
export const paused = 'Sale paused'
export const over = 'Sale over'
export const postponed = 'Postponed'
export const cancelled = 'Cancelled'
export const minutes = (count: string) => `${count} min`
export const hours = (count: string) => `${count} h`
export const days = (count: string) => (count === '1' ? '1 day' : `${count} days`)
export const seats = 'Seats'
export const door = 'Door'
export const sold = 'Sold'
export const held = 'Held'
export const free = 'Free'
export const revenue = 'Revenue'
export const inQueue = 'In queue'
export const entered = 'Inside'
export const ofTickets = (all: string) => `of ${all}`
export const percentOf = (percent: string, all: string) => `${percent} of ${all}`
export const endSoon = (count: string) => `${count} end within 2 min`
export const blocked = (count: string) => `${count} blocked besides`
export const refunded = (sum: string) => `${sum} refunded`
export const calledAMinute = (count: string) => `${count} called a minute`
export const noRoom = 'no waiting room'
export const notKnown = 'not known now'
export const roomPaused = 'paused'

export const soldOverTime = 'Sold since opening'
export const nothingSold = 'Nothing was sold yet.'
export const chart = (from: string, to: string, percent: string) => `From ${from} to ${to}, ${percent} were sold.`
export const keySold = 'sold'
export const keyHeld = 'held'
export const keyFree = 'free'

export const byPrice = 'By price'
export const price = 'Price'
export const each = 'Each'
export const unnamed = 'Seats'
export const noPrices = 'Nothing is in stock.'

export const waitingRoom = 'Waiting room'
export const rate = 'Called now'
export const aMinute = (count: string) => `${count} a minute`
export const inside = 'Inside now'
export const calledNow = 'Called, not in yet'
export const waitsNow = 'Wait at this rate'
export const underAMinute = 'under a minute'
export const waitUnknown = 'until it is resumed'
export const roomOff = 'The waiting room is off: buyers choose their places at once.'
export const roomOfCancelled = 'The event is cancelled, so no places are sold.'
export const roomBeforeDraw = 'Buyers join; a draw will give them their numbers.'
export const speed = 'Called a minute, at most'
export const maxActive = 'Inside at the same time, at most'
export const speedConsequence = 'The new figures count from the next call on. Buyers who are inside stay inside.'
export const setSpeed = 'Set speed'
export const speedFault = 'Both are whole numbers, at least 1: up to 100,000 calls a minute, up to 1,000,000 inside.'

export const lookInto = 'Look into'
export const nothingToDo = 'Nothing needs you now.'
export const show = 'Show'
export const violations = (count: string) => (count === '1' ? '1 violation' : `${count} violations`)
export const ofInvariants = ' of what must never be wrong, found by the auditor'
export const deadLetters = (count: string) => (count === '1' ? '1 domain event' : `${count} domain events`)
export const notApplied = ' that no worker could apply'
export const noAuditor = 'The auditor does not answer, so nobody checks the records now'
export const refundsOf = (done: string, all: string) => `${done} of ${all} bookings`
export const refundsDone = ' are refunded'
export const refundDue = ' still to be refunded for returned tickets'
export const heldPlaces = (count: string) => (count === '1' ? '1 held place' : `${count} held places`)
export const comeFree = ' come free within 2 minutes unless they are paid'

/* Double entries */
export const ticketsTwice = (count: string) => (count === '1' ? '1 ticket' : `${count} tickets`)
export const letInTwice = ' let in twice'
export const doubleEntries = 'Let in twice'
export const doubleEntriesText =
  'Without a connection a gate cannot know who has entered elsewhere. The scan that arrived first counts. The latest are at the top.'
export const noDoubleEntries = 'No ticket was let in twice.'
export const ticket = 'Ticket'
export const entryThatCounts = 'Entered'
export const letInAgain = 'Let in again'

/* Changes. `consequence` comes before, `done` after. */
export interface ChangeWords {
  readonly button: string
  readonly heading: string
  readonly consequence: string
  readonly doing: string
  readonly done: string
}
export const changes = {
  publish: {
    button: 'Publish',
    heading: 'Publish this event?',
    consequence:
      'Everybody sees the event, and its places go on sale at the opening time, or at once if there is none.',
    doing: 'Publishing…',
    done: 'The event is published.',
  },
  pause: {
    button: 'Pause the sale',
    heading: 'Pause the sale?',
    consequence: 'Nobody can take new places until you resume. Buyers who hold places can still pay for them.',
    doing: 'Pausing…',
    done: 'The sale is paused.',
  },
  resume: {
    button: 'Resume the sale',
    heading: 'Resume the sale?',
    consequence: 'Buyers can take free places again at once.',
    doing: 'Resuming…',
    done: 'The sale goes on.',
  },
  cancel: {
    button: 'Cancel the event',
    heading: 'Cancel the event for good?',
    consequence: 'This is final: the sale ends, all tickets become void, and every booking is refunded.',
    doing: 'Cancelling…',
    done: 'The event is cancelled. The refunds are under way.',
  },
  'open-room': {
    button: 'Open the waiting room',
    heading: 'Open the waiting room?',
    consequence: 'From now on buyers queue, and only those who are called can take places.',
    doing: 'Opening…',
    done: 'The waiting room is open.',
  },
  'pause-room': {
    button: 'Pause the queue',
    heading: 'Pause the queue?',
    consequence: 'Nobody is called until you resume. Buyers keep their places in the queue, and those inside go on.',
    doing: 'Pausing…',
    done: 'The queue is paused.',
  },
  'resume-room': {
    button: 'Resume the queue',
    heading: 'Resume the queue?',
    consequence: 'Buyers are called again, in their order.',
    doing: 'Resuming…',
    done: 'Buyers are called again.',
  },
  'close-room': {
    button: 'Switch it off',
    heading: 'Switch the waiting room off?',
    consequence: 'Everybody can take places at once, also those who are far back in the queue.',
    doing: 'Switching off…',
    done: 'The waiting room is off.',
  },
} as const satisfies Readonly<Record<string, ChangeWords>>
export const speedSet = (calls: string, inside: string) =>
  `At most ${calls} buyers are called a minute, and ${inside} are inside at the same time.`
export const settingSpeed = 'Setting…'
export const confirmWord = 'cancel'
export const typeToConfirm = `Type “${confirmWord}” to confirm`
export const notConfirmed = `Type the word ${confirmWord} first.`
export const leaveIt = 'Leave it as it is'

/* Bookings */
export const find = 'Booking id or event id'
export const findButton = 'Find'
export const findHint = 'A booking id has 43 characters. Event ids stand in the address of an event.'
export const findFault = 'This is neither the id of a booking nor of an event.'
export const salesOf = 'Sales log'
export const noSales = 'Nothing was sold yet.'
export const noBooking = 'There is no such booking.'
export const noEvent = 'There is no such event.'
export const toLog = 'Sales log'
export const when = 'When'
export const what = 'What'
export const places = 'Places'
export const amount = 'Amount'
export const older = 'Older entries'
export const soldWord = 'Sold'
export const returned = 'Returned'
export const origins: Readonly<Record<string, string>> = {
  purchase: '',
  rescue: 'after its hold ended',
  buyer: 'by the buyer',
  organiser: 'by the organiser',
  event_cancelled: 'event cancelled',
  capture_refused: 'payment refused',
}
export const booking = 'Booking'
export const buyer = 'Buyer'
export const bookedAt = 'Booked'
export const payment = 'Payment'
export const total = 'Total'
export const refundedSum = 'Refunded'
export const dueSum = 'Still to be refunded'
export const tickets = 'Tickets'
export const validOf = (valid: string, all: string) => `${valid} of ${all} valid`
export const bookingStates: Readonly<Record<string, string>> = {
  pending: 'Being paid',
  confirmed: 'Confirmed',
  cancelled: 'Cancelled',
  expired: 'Not paid in time',
  failed: 'Failed',
}
export const paymentStates: Readonly<Record<string, string>> = {
  processing: 'Under way',
  authorised: 'Authorised',
  captured: 'Captured',
  voided: 'Voided',
  failed: 'Failed',
  partly_refunded: 'Partly refunded',
  refunded: 'Refunded',
}
export const refund = {
  button: 'Refund this booking',
  heading: 'Refund this booking?',
  consequence: 'Its valid tickets become void, the buyer gets back what they cost, and the places are sold again.',
  doing: 'Refunding…',
  done: 'The tickets are void, and the money goes back to the buyer.',
} satisfies ChangeWords
