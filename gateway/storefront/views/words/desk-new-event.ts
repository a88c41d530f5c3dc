/** Sentences of the desk's page for a new event. */

export const newEvent = 'New event'
export const intro = 'The event is saved as a draft: buyers see nothing of it until you publish it.'
export const optional = 'optional'

/* The event */
export const event = 'Event'
export const name = 'Name of the event'
export const type = 'Kind'
export const typeHint = 'Buyers filter by it.'
/** Suggestions; any other word is also accepted. */
export const types = ['Music', 'Theatre', 'Comedy', 'Dance', 'Festival', 'Film', 'Family', 'Sports', 'Other']
export const performers = 'Performers'
export const performersHint = 'One per line, the main one first.'
export const description = 'Description'
export const descriptionHint = 'What buyers should know.'

/* The venue */
export const venue = 'Venue'
export const venueName = 'Name of the venue'
export const city = 'City'
export const country = 'Country'
export const countryHint = 'Two letters, such as DE.'
export const tz = 'Time zone'
export const tzHint = 'Of the venue, such as Europe/Berlin. All times on this page are of this zone.'

/* Date and time */
export const when = 'Date and time'
export const startsOn = 'Date'
export const startsAt = 'Begins at'
export const startsAtHint = 'Leave it empty until it is announced.'
export const second = (time: string) =>
  `The second ${time} of this night. Clocks at the venue are put back and show ${time} twice.`

/* The places */
export const places = 'Places'
export const currency = 'Currency'
export const currencyHint = 'Three letters, such as EUR.'
export const section = (number: string) => `Section ${number}`
export const area = (number: string) => `General admission ${number}`
export const placesName = 'Name'
export const rows = 'Rows'
export const seatsPerRow = 'Seats per row'
export const capacity = 'Tickets'
export const price = 'Price'
export const accessible = 'For wheelchair users and companions'
export const addSection = 'Add a section'
export const addArea = 'Add general admission'
export const remove = (name: string) => `Remove ${name}`
export const sum = (count: string, isOne: boolean) => (isOne ? '1 place' : `${count} places`)
export const noPlaces = 'No places yet. Buyers will see the event but cannot buy.'
export const atFullPrice = 'if all are sold at full price'

/* The sale */
export const sale = 'Sale'
export const opens = 'Sale opens'
export const opensHint = (tz: string) =>
  tz === ''
    ? 'Time at the venue. Empty: when you publish the event.'
    : `Time in ${tz}. Empty: when you publish the event.`
export const limit = 'Tickets per buyer'
export const limitHint = 'The most that one buyer can have.'

export const save = 'Save the draft'
export const saving = 'Saving…'

/* Faults */
export const required = 'Fill this in.'
export const unfinished = 'Only part of it is filled in. Fill in the rest, or clear it.'
export const wholeNumber = 'Type a whole number.'
export const unknownZone = 'Unknown time zone. Choose one from the list, such as Europe/Berlin.'
export const dayIsOver = 'This day has passed at the venue. Choose a later date.'
export const timeIsOver = 'This time has passed at the venue. Choose a later one.'
export const skipped = (time: string) => `Clocks at the venue skip ${time} on this day. Choose another time.`
export const opensTooLate = 'The sale must open before the event begins.'
export const wrongPrice = (example: string, currency: string, digits: number) =>
  digits === 0
    ? `Type a price without decimals, such as ${example}: ${currency} has none.`
    : `Type a price such as ${example}: ${currency} has at most ${digits} decimals.`
export const performer = (number: string, fault: string) => `Performer ${number}: ${fault}`
export const priceTooHigh = 'Type a lower price.'
export const notSaved = 'The draft was not saved.'
export const maybeSaved = 'Was the draft saved?'
export const maybeSavedText =
  'No answer arrived. Save again without changes: it makes no second draft. Before you change anything, look for the draft in the list of events.'
export const saveAgain = 'You are signed in again. Save the draft once more.'
export const stillHere = (fault: string) => `${fault} What you typed is still here.`
