import type { Page } from 'playwright-core'
import { until } from '../../support/until.ts'

/** Waits until the browser can open a page without a network. Not by `waitForFunction`: it takes the promise of a condition for true. */
export function untilSaved(page: Page): Promise<void> {
  return until('the page and all that it loads are saved', () =>
    page.evaluate(async () => {
      const loaded = [...document.querySelectorAll('link[rel="stylesheet"], link[as="font"], script[src]')]
      const addresses = loaded.map((element) => element.getAttribute('href') ?? element.getAttribute('src') ?? '')
      const saved = await Promise.all([location.pathname, ...addresses].map((address) => caches.match(address)))
      return saved.every((answer) => answer !== undefined) && navigator.serviceWorker.controller !== null
    }),
  )
}
