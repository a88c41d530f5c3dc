import type { PageContent } from './document.ts'
import { type Html, html } from './html.ts'
import { faultSign } from './signs.ts'
import { sessionWords } from './words/session.ts'

/** The state of the page's script. */
export interface SessionState {
  /** The path to return to. */
  readonly to: string
  readonly fault?: string
  readonly isAsking?: boolean
}

/** The sign-in page. In demo mode any name works; otherwise people sign in at their provider. */
export function viewSession({ to, isDemo }: { to: string; isDemo: boolean }): PageContent {
  if (!isDemo) {
    return {
      title: sessionWords.signIn,
      body: html`<div class="words-page"><h1>${sessionWords.signIn}</h1>
<p>${sessionWords.signInText}</p>
<p><a class="button" href="${to}">${sessionWords.back}</a></p></div>`,
    }
  }
  const state: SessionState = { to }
  return {
    title: sessionWords.heading,
    script: 'session-page.ts',
    state,
    body: html`<div class="words-page" id="session">${sessionForm(state)}</div>`,
  }
}

/** The form that asks for a name, in demo mode. */
export function sessionForm({ fault, isAsking = false }: SessionState): Html {
  const marks = fault !== undefined && html` aria-invalid="true"`
  return html`<h1>${sessionWords.heading}</h1>
<p>${sessionWords.demo}</p>
<form class="form" method="post" data-submit="open" novalidate>
<div class="field"><label for="user">${sessionWords.name}</label>
<input id="user" name="user" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="128" required aria-describedby="user-words"${marks}>
${fault === undefined ? html`<p class="quiet" id="user-words">${sessionWords.nameHint}</p>` : html`<p class="fault" id="user-words" role="alert">${faultSign}${fault}</p>`}</div>
<button class="button torch tall" type="submit">${isAsking ? sessionWords.submitting : sessionWords.submit}</button>
</form>
<noscript><p>${sessionWords.noScript}</p></noscript>`
}
