import { type Html, html } from '../html.ts'
import { faultSign } from '../signs.ts'
import * as words from '../words/desk.ts'

/** A change that an organiser is about to make, or has made. */
export interface ChangeState<Change extends string> {
  /** The one whose consequence is shown. */
  readonly change: Change | null
  readonly isChanging: boolean
  readonly changeFault: string | null
  readonly outcome: { readonly of: Change; readonly text: string } | null
}

export const noChange = { change: null, isChanging: false, changeFault: null, outcome: null } as const

/** What a change will do, in a sentence, with the step that does it. `typed`: a word must be typed first. */
export function changeForm(
  { isChanging, changeFault }: Pick<ChangeState<string>, 'isChanging' | 'changeFault'>,
  { heading, consequence, doing, button }: words.ChangeWords,
  { typed = false } = {},
): Html {
  const marks = changeFault !== null && html` aria-invalid="true"`
  return html`<form class="form desk-change" id="change" data-submit="confirm" novalidate aria-labelledby="change-heading">
<h2 id="change-heading" tabindex="-1">${heading}</h2>
<p>${consequence}</p>
${typed && html`<div class="field"><label for="confirm">${words.typeToConfirm}</label><input id="confirm" name="confirm" autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="20" required${changeFault !== null && html` aria-describedby="change-fault"`}${marks}></div>`}
${changeFault !== null && html`<p class="fault" id="change-fault" role="alert">${faultSign}${changeFault}</p>`}
<div class="buttons"><button class="button" type="submit">${isChanging ? doing : button}</button>${!isChanging && html`<button class="link" type="button" data-click="leave">${words.leaveIt}</button>`}</div>
</form>`
}

/** The button that leads to the form of a change. */
export function changeButton(change: string, { button }: words.ChangeWords): Html {
  return html`<button type="button" class="button" id="to-${change}" data-click="begin" data-wanted="${change}">${button}</button>`
}
