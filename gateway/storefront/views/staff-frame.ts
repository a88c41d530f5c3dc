import { type Html, html } from './html.ts'
import { faultSign } from './signs.ts'
import * as words from './words/staff.ts'

/** What every page for staff, of the desk and the door, knows. The gateway sends the same to everybody; script reads all else with its cookie. */
export interface StaffState {
  readonly language: string
  /** `asking`: not known yet; `closed`: the key is needed. */
  readonly access: 'asking' | 'open' | 'closed'
  /** What was wrong with the key. */
  readonly keyFault: string | null
  readonly isSigningIn: boolean
  /** Why the page has no data. */
  readonly fault: string | null
}

export function newStaffState(language: string): StaffState {
  return { language, access: 'asking', keyFault: null, isSigningIn: false, fault: null }
}

/** Where somebody signs in with a key, and what the form for it says. */
export interface Entrance {
  /** Takes the key, sets the cookie and takes it back. */
  readonly path: string
  /** Where somebody is after signing out. Null: on the same page. */
  readonly home: string | null
  readonly heading: string
  readonly key: string
  readonly hint: string
  /** The form was sent without a key. */
  readonly missing: string
}

/** The content of a page for staff, or the form for the key where nobody is signed in. */
export function staffFrame<State extends StaffState>(
  state: State,
  content: (state: State) => Html | false,
  entrance: Entrance,
): Html {
  const { access, fault } = state
  if (access === 'closed') return keyForm(state, entrance)
  const said = fault !== null && html`<p class="fault desk-fault" role="alert">${faultSign}${fault}</p>`
  if (access === 'open') return html`${said}${content(state)}`
  return html`${said || html`<p class="quiet with-script">${words.loading}</p>`}<noscript><p>${words.noScript}</p></noscript>`
}

/** Sent by script, and by a browser without it in the body: the key never comes into an address. */
function keyForm({ keyFault, isSigningIn }: StaffState, { path, heading, key, hint }: Entrance): Html {
  const marks = keyFault !== null && html` aria-invalid="true"`
  return html`<div class="words-page"><h1>${heading}</h1>
<form class="form desk-key" method="post" action="${path}" data-submit="signIn" novalidate>
<div class="field"><label for="key">${key}</label>
<input id="key" name="key" type="password" autocomplete="current-password" autocapitalize="none" spellcheck="false" maxlength="1000" required aria-describedby="key-words"${marks}>
${keyFault === null ? html`<p class="quiet" id="key-words">${hint}</p>` : html`<p class="fault" id="key-words" role="alert">${faultSign}${keyFault}</p>`}</div>
<button class="button torch tall" type="submit">${isSigningIn ? words.signingIn : words.signIn}</button>
</form></div>`
}
