import type { HeaderList } from '../http/request-context.ts'

/**
 * Scripts, styles, fonts and data come only from this host, none inline. Text becomes HTML only through the policy `ticketing` of
 * `browser/trusted-html.ts`. `data:` is for the icons of form controls.
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

/** The headers of a page; they replace the headers of data. TLS ends in front of the gateway, where https can be enforced. */
const headersWith = (permissions: string): HeaderList => [
  ...['Content-Security-Policy', contentSecurityPolicy],
  ...['X-Content-Type-Options', 'nosniff'],
  ...['X-Frame-Options', 'DENY'],
  // Addresses of holds and tickets must not leak to other sites.
  ...['Referrer-Policy', 'same-origin'],
  ...['Cross-Origin-Opener-Policy', 'same-origin'],
  ...['Cross-Origin-Resource-Policy', 'same-origin'],
  ...['Permissions-Policy', permissions],
]

export const pageHeaders = headersWith('camera=(), microphone=(), geolocation=()')

/** Of a page that reads codes with the camera. */
export const cameraPageHeaders = headersWith('camera=(self), microphone=(), geolocation=()')
