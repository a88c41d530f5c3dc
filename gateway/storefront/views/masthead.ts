import { type Html, html } from './html.ts'
import * as words from './words.ts'

/** A row of five seats, the middle one lit. */
export const mark = html`<svg class="mark" viewBox="0 0 44 15" width="44" height="15" aria-hidden="true"><g fill="currentColor"><circle cx="3.2" cy="4" r="2.8"/><circle cx="12.4" cy="7.6" r="2.8"/><circle cx="31.6" cy="7.6" r="2.8"/><circle cx="40.8" cy="4" r="2.8"/></g><circle class="lit" cx="22" cy="9.6" r="4.7"/></svg>`

/** The part of the shop that a page belongs to. */
export type Place = 'whats-on' | 'bookings'

/** The head of every page. The pill of a hold is put in by script, because pages are shared. */
export function masthead({ name, current }: { readonly name: string; readonly current: Place | undefined }): Html {
  const link = (place: Place, path: string, text: string): Html =>
    html`<a href="${path}"${current === place ? html` aria-current="page"` : ''}>${text}</a>`
  return html`<header class="masthead">
<a class="home" href="/" aria-label="${words.home(name)}">${mark}<span class="shop-name">${name}</span></a>
<nav aria-label="${words.pages}">${link('whats-on', '/', words.whatsOn)}${link('bookings', '/shop/bookings', words.bookings)}<a class="hold-pill" href="/" hidden></a></nav>
</header>`
}

/** The foot of every page. */
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
