import { type Html, html } from './html.ts'
import { type Price, shapePath } from './prices.ts'

/** The shape of a price in its colour, wherever the price stands. */
export function priceMark({ colour, shape }: Pick<Price, 'colour' | 'shape'>): Html {
  return html`<svg class="price-mark price-${colour}" viewBox="-8 -8 16 16" aria-hidden="true" focusable="false"><path d="${shapePath(shape, 6.8)}"/></svg>`
}
