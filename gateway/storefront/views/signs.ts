import { type Html, html } from './html.ts'
import { markOf, shapePath } from './prices.ts'

/** Small drawings. The text next to them says the same, so they are hidden from screen readers. */

/** The sign before the fault of a field. */
export const faultSign = html`<svg viewBox="0 0 18 18" aria-hidden="true"><path fill="none" stroke="currentColor" stroke-width="1.6" stroke-linejoin="round" d="M9 2.5 16.5 15.5H1.5Z"/><path stroke="currentColor" stroke-width="1.6" stroke-linecap="round" d="M9 7v4M9 13.2v.1"/></svg>`

/** The sign in a button of the class `cross`. */
export const crossSign = html`<svg viewBox="0 0 14 14" aria-hidden="true"><path d="M1 1 13 13M13 1 1 13"/></svg>`

/** The colour and shape of a price. `index`: from 0, highest price first; after five, colours repeat with other shapes. */
export function priceMark(index: number): Html {
  const { colour, shape } = markOf(index)
  return html`<svg class="price-mark price-${colour}" viewBox="-7 -7 14 14" aria-hidden="true"><path d="${shapePath(shape, 6)}"/></svg>`
}
