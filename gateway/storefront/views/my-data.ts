import { type Html, html } from './html.ts'
import { note } from './note.ts'
import { faultSign } from './signs.ts'
import { myDataWords } from './words/my-data.ts'

/** The state of the page's script. */
export interface MyDataState {
  readonly userId: string
  readonly language: string
  /** In demo mode the shop itself signs people in and out. */
  readonly isDemo: boolean
  readonly isErasing?: boolean
  /** Why nothing was erased. */
  readonly fault?: string | null
  readonly isErased?: boolean
  /** Why the reader is still signed in. */
  readonly signOutFault?: string | null
}

/** What the shop stores about the reader: to download, and to erase. */
export function myData(state: MyDataState): Html {
  const { userId, isDemo, isErasing = false, fault = null, isErased = false, signOutFault = null } = state
  if (isErased) {
    return html`<h1>${myDataWords.title}</h1>
<div role="status">${note(myDataWords.erased)}</div>
<p><a class="button" href="/">${myDataWords.toWhatsOn}</a></p>`
  }
  return html`<h1>${myDataWords.title}</h1>
<p>${myDataWords.signedInAs(userId)}</p>
${isDemo && html`<p><button type="button" class="button" data-click="signOut">${myDataWords.signOut}</button></p>`}
${signOutFault !== null && html`<p class="fault" role="alert">${faultSign}<span>${signOutFault}</span></p>`}
<p>${myDataWords.downloadText}</p>
<p><a class="button" href="/me/export" download>${myDataWords.download}</a></p>
<p>${myDataWords.eraseText}</p>
<details>
<summary class="button">${myDataWords.erase}</summary>
<form class="form panel" data-submit="erase">
<p>${myDataWords.confirmText}</p>
${fault !== null && html`<p class="fault" role="alert">${faultSign}<span>${fault}</span></p>`}
<p><button class="button"${isErasing && html` aria-disabled="true"`}>${isErasing ? myDataWords.erasing : myDataWords.confirm}</button></p>
</form>
</details>
<noscript><p>${myDataWords.noScript}</p></noscript>`
}
