import { type Html, html } from './html.ts'
import { note } from './note.ts'
import { faultSign } from './signs.ts'
import * as ticketWords from './words/ticket.ts'

export interface PassOnState {
  readonly ticketId: string
  /** What is wrong with the name. */
  readonly fault: string | null
  readonly isSending: boolean
  /** The ticket's new owner. */
  readonly passedOnTo: string | null
  /** Address of the page where the new owner finds the ticket. */
  readonly address: string
}

/** The form that passes a ticket on. */
export function passOn({ fault, isSending, passedOnTo, address }: PassOnState): Html {
  if (passedOnTo !== null) {
    return html`<div role="status">${note({ title: ticketWords.passedOnTo(passedOnTo), text: ticketWords.passedOnLink })}<p><code>${address}</code></p></div>`
  }
  return html`<details>
<summary class="button">${ticketWords.passOn}</summary>
<form class="form panel" data-submit="passOn" novalidate>
<div class="field">
<label for="to">${ticketWords.passOnTo}</label>
<input id="to" name="to" autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="128" aria-describedby="to-hint${fault !== null && ' to-fault'}"${fault !== null && html` aria-invalid="true"`}>
<p id="to-hint" class="quiet small">${ticketWords.passOnHint}</p>
${fault !== null && html`<p class="fault" id="to-fault" role="alert">${faultSign}<span>${fault}</span></p>`}
</div>
<p>${ticketWords.passOnText}</p>
<p><button class="button"${isSending && html` aria-disabled="true"`}>${isSending ? ticketWords.passingOn : ticketWords.passOnButton}</button></p>
<noscript><p>${ticketWords.passOnNeedsScript}</p></noscript>
</form>
</details>`
}
