import type { Page } from 'playwright-core'

/** A page that the tests of all pages look at, and of which there are screenshots. Add yours here. */
export interface ShownPage {
  /** Also the name of its picture. */
  readonly name: string
  /** Opens it; its base URL is the shop. */
  open(page: Page): Promise<unknown>
}

const at = (name: string, path: string): ShownPage => ({ name, open: (page) => page.goto(path) })

export const shownPages: readonly ShownPage[] = [
  at('list', '/'),
  at('list-search', '/?keyword=wortwechsle'),
  at('list-filtered', '/?city=Berlin&type=Comedy'),
  at('list-nothing', '/?keyword=zzzzzzzz'),
  at('list-wrong-filter', '/?start=2027-13-01'),
  at('session', '/shop/session?to=/shop/bookings'),
  at('problem-not-found', '/shop/nowhere'),
  at('problem-explained', '/problems/seat_unavailable'),
  at('running', '/running'),
]
