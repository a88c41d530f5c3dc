/** Requests per minute and caller, by class of route. All gateways share each count. */
export const defaultRateLimits = {
  /** GET /bookings. */
  'my-bookings': 10,
  /** POST /purchase without a body, which buys a demo seat. */
  'demo-purchase': 10,
  browse: 60_000,
  search: 6_000,
  /** One hold, one booking, a session. */
  'my-things': 600,
  sell: 60,
  organise: 600,
  /** Everything that comes from one address, whatever it is. */
  address: 120_000,
}

export type RateClass = keyof typeof defaultRateLimits

export const rateWindowMs = 60_000
