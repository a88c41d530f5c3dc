import { type Html, html } from './html.ts'
import { type Price, shapePath } from './prices.ts'

/** The mark of a price: its shape in its colour. Words stand beside it, so screen readers pass over it. */
export function priceMark(price: Pick<Price, 'colour' | 'shape'> | undefined): Html {
  const { colour = 1, shape = 'circle' } = price ?? {}
  return html`<svg class="price-mark price-${colour}" viewBox="-7 -7 14 14" aria-hidden="true" focusable="false"><path d="${shapePath(shape, 6)}"/></svg>`
}
