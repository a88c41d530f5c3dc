import type { HeaderList } from '../http/request-context.ts'

/**
 * Scripts, styles, fonts and data come from this host alone, nothing stands in the page, and text becomes HTML only through the policy
 * `ticketing` of `browser/island.ts`. `data:` is for the icons of form controls.
 */
const contentSecurityPolicy = [
  "default-src 'self'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types ticketing',
].join('; ')

/** Headers of all pages, in place of those of data. TLS ends in front of the gateway, where https may be enforced. */
export const pageHeaders: HeaderList = [
  ...['Content-Security-Policy', contentSecurityPolicy],
  ...['X-Content-Type-Options', 'nosniff'],
  ...['X-Frame-Options', 'DENY'],
  // Addresses of holds and tickets are nobody else's business.
  ...['Referrer-Policy', 'same-origin'],
  ...['Cross-Origin-Opener-Policy', 'same-origin'],
  ...['Cross-Origin-Resource-Policy', 'same-origin'],
  ...['Permissions-Policy', 'camera=(), microphone=(), geolocation=()'],
]
