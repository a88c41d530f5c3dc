import { type Html, html } from './html.ts'

const rows = [0, 1, 2, 3, 4, 5, 6, 7, 8]

/**
 * A dark house: nine rows of dots with one lit seat, on the fourth row at the 21st dash. `shown`: the side that stays visible on narrow
 * screens.
 */
export function houseArcs(shown: 'left' | 'right' = 'right'): Html {
  return html`<svg class="house-arcs" viewBox="0 0 680 400" preserveAspectRatio="${shown === 'left' ? 'xMin' : 'xMax'}YMin slice" aria-hidden="true">
<g fill="none" stroke="currentColor" stroke-width="12" stroke-linecap="round" stroke-dasharray="0 24">${rows.map((row) => html`<circle cx="290" cy="-175" r="${250 + 34 * row}"/>`)}</g>
<circle class="lit" cx="338.7" cy="173.6" r="9"/>
</svg>`
}
