/** Sentences of the event page and its seat map. */
export const zone = (city: string) => `${city} time`
export const doors = (time: string) => `Doors ${time}`
export const limit = (tickets: number) =>
  tickets === 1 ? 'At most 1 ticket per person' : `At most ${tickets} tickets per person`
export const places = 'Places'
export const map = 'Map'
export const list = 'List'
export const closer = 'Zoom in'
export const farther = 'Zoom out'
export const whole = 'Whole map'
export const planOf = (venue: string) => `Seat map of ${venue}`
export const free = (free: string, all: string) => `${free} of ${all} places are free`
export const live = (words: string) => `Live: ${words}`
export const late = (words: string) => `A few seconds old: ${words}`
export const offline = (words: string) => `No connection. When it was lost, ${words}`
export const keyFree = 'free'
export const keyHeld = 'somebody is deciding'
export const keySold = 'sold'
export const keyYours = 'yours'
export const keyAccessible = 'for wheelchair users and companions'
export const seatMap = 'Seat map'
export const seatMapHelp =
  'Arrow keys move, Enter goes in or chooses, Escape goes back, plus and minus zoom. The same seats are in the list.'
export const left = (count: string) => `${count} left`

export const sectionName = (name: string, free: string, all: string, price: string) =>
  `${name}, ${free} of ${all} free, from ${price}`
export const sectionGone = (name: string) => `${name}, nothing free`
export const areaName = (name: string, free: string, price: string) => `${name}, ${free} left, ${price}`
export const rowName = (row: string, free: number, together: number) =>
  free === 0 ? `Row ${row}, nothing free` : `Row ${row}, ${free} free, up to ${together} together`
export const seatName = (section: string, row: string, seat: string) => `${section}, row ${row}, seat ${seat}`
export const seatsOfRow = (section: string, row: string, seats: readonly string[]) =>
  `${section}, row ${row}, ${seats.length === 1 ? `seat ${seats[0]}` : `seats ${seats.join(' and ')}`}`
export const seatStates = ['free', 'somebody is deciding', 'sold', 'not for sale'] as readonly string[]
export const wheelchair = 'for a wheelchair user'
export const companion = 'for a companion'
export const yours = 'yours'
export const row = (row: string) => `Row ${row}`
export const rowAndSeat = (row: string, seat: string) => `Row ${row}, seat ${seat}`
export const sectionFree = (free: string, together: number | null) =>
  together === null || together < 2 ? `${free} free` : `${free} free, up to ${together} together`
export const nothingFree = 'nothing free'
export const from = 'from'
export const moreSeats = (count: string) => `And ${count} more: choose them on the map.`
export const noMatch = 'No section has places like these now.'

export const prices = 'Prices'
export const together = 'Together'
export const fewer = 'One fewer'
export const more = 'One more'
export const price = 'Price'
export const anyPrice = 'Any price'
export const accessible = 'For a wheelchair user and companions'
export const holdBest = (count: number) => (count === 1 ? 'Hold the best seat' : `Hold the best ${count} together`)
export const exchangeBest = (count: number) =>
  count === 1 ? 'Exchange for the best seat' : `Exchange for the best ${count} together`
export const areas = 'Without seat numbers'
export const chosen = (count: number) => (count === 1 ? '1 seat chosen' : `${count} seats chosen`)
export const chosenPlaces = (count: number) => (count === 1 ? '1 place chosen' : `${count} places chosen`)
export const tickets = (count: number) => (count === 1 ? '1 ticket' : `${count} tickets`)
export const nothingChosen = 'Nothing chosen yet'
export const howToChoose = 'Press a section of the map, then a seat. Or let us hold the best places that are free.'
export const howToTakeTickets = 'Say how many tickets you want.'
export const remove = (place: string) => `Remove ${place}`
export const total = 'Total, fees included'
export const hold = (count: number) => (count === 1 ? 'Hold 1 place' : `Hold ${count} places`)
export const holdSeats = (count: number) => (count === 1 ? 'Hold 1 seat' : `Hold ${count} seats`)
export const exchange = (count: number) =>
  count === 1 ? 'Exchange for this place' : `Exchange for these ${count} places`
export const holding = 'Holding…'
export const offlineButton = 'No connection'
export const holdingCosts = 'Holding costs nothing. Nobody else can buy them meanwhile.'
export const needsScript = 'Choosing places needs JavaScript. Everything else on this page works without.'

export const heldTitle = (count: number) => (count === 1 ? '1 place is yours' : `${count} places are yours`)
export const heldUntil = (clock: string) => `${clock} left to pay. Nobody else can buy them.`
export const heldFor = (clock: string) => `Held: ${clock}`
export const toPayment = 'Continue to payment'
export const releaseAll = 'Release all'
export const releasing = 'Releasing…'
export const exchangeHint = 'You can choose other places and exchange them.'

export const taken = (places: string, many: boolean) => `${places} ${many ? 'were' : 'was'} just taken.`
export const takenTitle = 'Somebody was faster'
export const nearBy = 'Near by are:'
export const noneNearBy = 'Nothing else is free nearby.'
export const notTogether = (count: number) => `No ${count} seats are left together.`
export const notTogetherHere = (count: number) => `No ${count} seats are left together at this price.`
export const takeApart = (count: number) => `${count} near each other`
export const fewerTogether = (count: number) => (count === 1 ? 'A single seat' : `${count} together`)
export const limitReached = (limit: number, tickets: number) =>
  tickets === 0
    ? limitOnPage(limit)
    : `${limitOnPage(limit)} You have ${tickets}, so you can have ${Math.max(0, limit - tickets)} more.`
export const limitOnPage = (tickets: number) => `${limit(tickets)}.`
export const notEnough = (left: number) => (left === 0 ? 'None of these are left.' : `Only ${left} of these are left.`)
export const mayReturn = 'Others are deciding, so some may come back.'
export const priceChanged = 'The price has changed'
export const priceChangedText = (before: string, now: string) =>
  `Your places cost ${now} now, not ${before}. Nothing is charged until you pay.`
export const holdExists = 'You hold places for this event already. Pay for them, or exchange them.'
export const notHeld = 'Not held yet'
export const tryAgain = 'Try again'
export const noAnswer = 'No answer came. Your choice is kept.'
export const notReleased = 'Not released'
export const released = 'Your places are free again.'
export const otherSeatNotFree = 'This seat is not free.'

export const howToPrepare = 'Press a section of the map, then a seat. What you choose is kept until it is your turn.'
export const queueTitle = 'There is a queue for this event'
export const queueText = 'Buyers go in one after the other. Join, and hold places when it is your turn.'
export const queueOpens = 'Join it now; it opens with the sale.'
export const joinQueue = 'Join the queue'
export const passTitle = 'It is your turn'
export const passText = (clock: string) => `${clock} left to choose.`

export const notYet = 'Not on sale yet'
export const opensAt = (time: string, zone: string) => `Sale opens ${time} (${zone}).`
export const opensByItself = 'Stay here: this page opens by itself.'
export const opensSometime = 'The start of the sale is not announced yet.'
export const paused = 'The sale is paused'
export const pausedText = 'No places can be held at the moment. Held places can still be paid for.'
export const ended = 'The sale has ended'
export const endedText = 'No tickets are sold for this event any more.'
export const postponed = 'Postponed'
export const postponedText = 'The new date is not known yet. Tickets stay valid.'
export const cancelled = 'Cancelled'
export const cancelledText = 'This event does not take place. Everybody who paid gets the money back.'
export const soldOut = 'Sold out'
export const soldOutText = 'No place is free or held.'
export const waitingListText = 'Places may come back: people on the waiting list get them first.'
export const toWaitingList = 'Join the waiting list'
export const allHeldTitle = 'Nothing is free at the moment'
export const allHeldText = 'Others are deciding about the last places.'
export const notSoldHere = 'Not sold here yet'
export const notSoldHereText = 'There is no seating plan for this event yet.'
export const otherEvents = 'See what’s on'
