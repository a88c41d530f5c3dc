import { type Html, html } from './html.ts'

/** Small drawings. Words beside them say the same, so they are hidden from screen readers. */

/** Stands before what is wrong with a field. */
export const faultSign = html`<svg viewBox="0 0 18 18" aria-hidden="true" focusable="false"><path fill="none" stroke="currentColor" stroke-width="1.6" stroke-linejoin="round" d="M9 2.5 16.5 15.5H1.5Z"/><path stroke="currentColor" stroke-width="1.6" stroke-linecap="round" d="M9 7v4M9 13.2v.1"/></svg>`

/** In a button of the class `cross`. */
export const crossSign = html`<svg viewBox="0 0 14 14" aria-hidden="true" focusable="false"><path d="M1 1 13 13M13 1 1 13"/></svg>`

/** Circle, square, diamond, triangle, hexagon: of one weight to the eye, about the origin, as wide as a circle of radius 6. */
const shapes = [
  html`<circle r="6"/>`,
  html`<path d="M-5-5H5V5H-5Z"/>`,
  html`<path d="M0-6.8 6.8 0 0 6.8-6.8 0Z"/>`,
  html`<path d="M0-6 6.4 5.4H-6.4Z"/>`,
  html`<path d="M-6.5 0-3.25-5.6H3.25L6.5 0 3.25 5.6H-3.25Z"/>`,
]

/** The colour and shape of a price. `index`: from 0, the dearest first; beyond five, colours come again with other shapes. */
export function priceMark(index: number): Html {
  const colour = (index % 5) + 1
  const shape = shapes[(index + Math.floor(index / 5)) % 5]
  return html`<svg class="price-mark price-${colour}" viewBox="-7 -7 14 14" aria-hidden="true" focusable="false">${shape}</svg>`
}
