import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { TicketingError } from '#shared/errors.ts'

/** Methods that change nothing: RFC 9110, section 9.2.1. */
const safeMethods = ['GET', 'HEAD', 'OPTIONS']

/** HTTP/1.1 requests name one host; with two, a proxy and this gateway could each mean another (RFC 9112, section 3.2). */
export function hasOneHost({ httpVersion, rawHeaders }: Pick<IncomingMessage, 'httpVersion' | 'rawHeaders'>): boolean {
  let count = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? ''
    if (name.length === 4 && name.toLowerCase() === 'host') count += 1
  }
  return count === 1 || (count === 0 && httpVersion === '1.0')
}

/**
 * Protects a gateway that believes every `user_id` from web pages. A page whose name is made to point here (DNS rebinding) sends its own
 * name as Host; any page may send a form here, with its own Origin.
 */
export class HostGuard {
  readonly #allowed: ReadonlySet<string>

  /** `allowed`: names, without port, that this gateway serves beside `localhost` and all addresses. */
  constructor(allowed: readonly string[]) {
    this.#allowed = new Set(allowed.map((name) => name.toLowerCase()))
  }

  /** Whether a Host header names this gateway. Pages cannot take an address for their name, and browsers always send the header. */
  isKnownHost(host: string | undefined): boolean {
    if (host === undefined) return true
    const name = hostnameOf(host)
    return this.#isOurs(name) || isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0
  }

  /** Throws `misdirected` for a foreign Host, and `forbidden` for a write from a foreign page. */
  check({ method = '', headers: { host, origin } }: Pick<IncomingMessage, 'method' | 'headers'>): void {
    if (!this.isKnownHost(host)) {
      throw new TicketingError(
        'misdirected',
        `The host ${host} is not served here. Use localhost or an IP address, or add the name to the gateway's setting ALLOWED_HOSTS.`,
      )
    }
    if (origin === undefined || safeMethods.includes(method)) return
    const name = URL.parse(origin)?.hostname ?? ''
    if (this.#isOurs(name) || name === hostnameOf(host ?? '')) return
    throw new TicketingError(
      'forbidden',
      `Pages of ${origin} may not send writes to this gateway. Add their host to its setting ALLOWED_HOSTS.`,
    )
  }

  #isOurs(name: string): boolean {
    return ['localhost', '127.0.0.1', '[::1]'].includes(name) || name.endsWith('.localhost') || this.#allowed.has(name)
  }
}

/** Of a Host header: in lower case and without the port. */
function hostnameOf(host: string): string {
  return host.toLowerCase().replace(/:\d*$/, '')
}
