/** Sentences of the door, the page for the people who let the audience in. */

export const title = 'Door'
export const keptScans = 'Send the waiting scans first: sign out once they have arrived.'

/* Signing in */
export const keyHeading = 'Sign in at the door'
export const key = 'Door key'
export const keyHint = 'It begins with door_. The organiser key opens the door, too.'
export const keyMissing = 'Type the door key.'

/* The gate */
export const gateHeading = 'Which gate is this?'
export const gate = 'Name of the gate'
export const gateHint = 'As everybody calls it, such as Gate 2. This device remembers it.'
export const gateMissing = 'Type the name of the gate.'
export const useGate = 'Start at this gate'
export const changeGate = 'Change gate'
export const noEvent = 'There is no such event.'
export const openElsewhere =
  'The door is open in another tab of this device. Scan there, or close that tab: then this one opens by itself.'

/* Scanning */
export const insideOf = (inside: string, all: string) => `Inside: ${inside} of ${all}`
export const scanning = 'Scan'
export const startCamera = 'Start the camera'
export const stopCamera = 'Stop the camera'
export const cameraStarting = 'The camera starts…'
export const cameraHint = 'Hold the code of the ticket before the camera.'
export const cameraOff = 'The camera is off.'
export const cameraRefused =
  'This browser may not use the camera. Allow it in the settings of this page, or type the number.'
export const cameraNone = 'No camera was found. Type the number on the ticket, or use a hand scanner.'
export const code = 'Number on the ticket'
export const codeHint = 'Such as 6F68-6623. A hand scanner types its code here, too.'
export const codeMissing = 'Type the number on the ticket.'
export const notChecked = 'This ticket was not checked. Scan it again; if this stays, load the page again.'
export const check = 'Check'
export const checking = 'Checking…'
export const next = 'Next ticket'

/* Answers. `text`: what it means, for the people at the gate. */
export const answers = {
  admitted: { word: 'Enter', text: '' },
  already_admitted: { word: 'Already in', text: '' },
  void: { word: 'Void', text: 'Returned, refunded, or the event is cancelled.' },
  replaced: { word: 'Passed on', text: 'Not this code: somebody else has this ticket now.' },
  other_event: { word: 'Not for this event', text: 'A ticket of another event.' },
  unknown: { word: 'Not found', text: 'Check the number, or scan the code again.' },
  undecided: { word: 'Cannot check', text: 'No connection, and the ticket is not on the list of this device.' },
} as const
export const since = (time: string, gate: string) => `since ${time}, ${gate}`
export const byThisDevice = 'Checked without a connection'
export const section = 'Section'
export const row = 'Row'
export const seat = 'Seat'
export const area = 'Area'
export const number = (number: string) => `No. ${number}`

/* Connection and list */
export const online = 'Connected'
export const offline = 'No connection: this device checks by its list.'
export const offlineWithoutList = 'No connection, and no list yet: tickets cannot be checked.'
export const waiting = (count: string) => (count === '1' ? '1 scan waits to be sent' : `${count} scans wait to be sent`)
export const list = 'List of tickets'
export const listText = 'Without a connection this device checks by it.'
export const listOf = (time: string, tickets: string) =>
  tickets === '1' ? `1 ticket, loaded at ${time}` : `${tickets} tickets, loaded at ${time}`
export const noList = 'Not loaded yet'
export const loadList = 'Load it again'
export const loadingList = 'Loading…'
export const listFault = 'The list could not be loaded. The page tries again.'
export const notStored =
  'This browser stores nothing: keep this page open, and do not let anybody in without a connection.'
export const mustStayOpen = 'Without a connection this page cannot be opened again: keep it open.'

/* Entries that turned out wrong once the scans had arrived. */
export const wrongHeading = 'Wrong entries'
export const letIn = (time: string, gate: string) => `Let in at ${time}, ${gate}, without a connection.`
export const hadEntered = (time: string, gate: string) => `It had entered at ${time}, ${gate}.`
export const wrongTexts = {
  already_admitted: 'It had entered before.',
  void: 'The ticket is void.',
  replaced: 'The code was passed on.',
  other_event: 'The ticket is for another event.',
  unknown: 'The ticket is unknown.',
} as const
export const tickOff = 'Done'
export const tickOffOf = (number: string) => `Done with ${number}`
