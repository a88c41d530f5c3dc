import { type Html, html } from './html.ts'
import * as deskWords from './words/desk.ts'
import * as doorWords from './words/door.ts'
import * as staffWords from './words/staff.ts'
import * as words from './words.ts'

/** The logo: a row of five seats, the middle one lit. */
export const mark = html`<svg class="mark" viewBox="0 0 44 15" width="44" height="15" aria-hidden="true"><g fill="currentColor"><circle cx="3.2" cy="4" r="2.8"/><circle cx="12.4" cy="7.6" r="2.8"/><circle cx="31.6" cy="7.6" r="2.8"/><circle cx="40.8" cy="4" r="2.8"/></g><circle class="lit" cx="22" cy="9.6" r="4.7"/></svg>`

/** The part of the shop, or of the desk, to which a page belongs. */
export type Place = 'whats-on' | 'bookings' | 'desk-events' | 'desk-orders'

function linkOf(current: Place | undefined): (place: Place, path: string, text: string) => Html {
  return (place, path, text) =>
    html`<a href="${path}"${current === place ? html` aria-current="page"` : ''}>${text}</a>`
}

/** The head of every page. A script adds the badge of a hold, because pages are cached for everybody. */
export function masthead({ name, current }: { readonly name: string; readonly current: Place | undefined }): Html {
  const link = linkOf(current)
  return html`<header class="masthead">
<a class="home" href="/" aria-label="${words.home(name)}">${mark}<span class="shop-name">${name}</span></a>
<nav aria-label="${words.pages}">${link('whats-on', '/', words.whatsOn)}${link('bookings', '/shop/bookings', words.bookings)}<a class="hold-pill" href="/" hidden></a></nav>
</header>`
}

/** The head of the pages for organisers. Signing out is offered by script, once somebody is signed in. */
export function deskMasthead(current: Place | undefined): Html {
  const link = linkOf(current)
  return html`<header class="masthead">
<a class="home" href="/desk" aria-label="${deskWords.home}">${mark}<span>${deskWords.title}</span></a>
<nav aria-label="${words.pages}">${link('desk-events', '/desk', deskWords.events)}${link('desk-orders', '/desk/orders', deskWords.bookings)}<button type="button" class="desk-sign-out" id="sign-out" hidden>${staffWords.signOut}</button></nav>
</header>`
}

/** The head of the door: nothing in it leads away from the gate but signing out. */
export const doorMasthead = html`<header class="masthead">
<p class="home">${mark}<span>${doorWords.title}</span></p>
<button type="button" class="desk-sign-out" id="sign-out" hidden>${staffWords.signOut}</button>
</header>`

/** The foot of every page but the door's. */
export function footer({ isDemo }: { readonly isDemo: boolean }): Html {
  return html`<footer class="foot">
<p>${words.venueTimes}</p>
<p><a href="/docs">${words.api}</a></p>
${
  isDemo &&
  html`<p><a href="/running">${words.running}</a></p>
<p>${words.demo}</p>`
}
</footer>`
}
