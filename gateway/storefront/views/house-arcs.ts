import { type Html, html } from './html.ts'

const rows = [0, 1, 2, 3, 4, 5, 6, 7, 8]

/** The dark house behind the front page: nine rows of dots, one seat lit. The dot lies on the fourth row, at its 21st dash. */
export function houseArcs(): Html {
  return html`<svg class="house-arcs" viewBox="0 0 680 400" preserveAspectRatio="xMaxYMin slice" aria-hidden="true" focusable="false">
<g fill="none" stroke="currentColor" stroke-width="12" stroke-linecap="round" stroke-dasharray="0 24">${rows.map((row) => html`<circle cx="290" cy="-175" r="${250 + 34 * row}"/>`)}</g>
<circle class="lit" cx="338.7" cy="173.6" r="9"/>
</svg>`
}
