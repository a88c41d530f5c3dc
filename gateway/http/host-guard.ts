import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { TicketingError } from '#shared/errors.ts'

/** Methods that change nothing: RFC 9110, section 9.2.1. */
const safeMethods = ['GET', 'HEAD', 'OPTIONS']

/** HTTP/1.1 requests name exactly one host. With two, a proxy and this gateway could each use another one (RFC 9112, section 3.2). */
export function hasOneHost({ httpVersion, rawHeaders }: Pick<IncomingMessage, 'httpVersion' | 'rawHeaders'>): boolean {
  let count = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? ''
    if (name.length === 4 && name.toLowerCase() === 'host') count += 1
  }
  return count === 1 || (count === 0 && httpVersion === '1.0')
}

/**
 * Protects a gateway in demo mode, which trusts every `user_id`, from web pages. With DNS rebinding a page reaches this gateway under its
 * own host name, which its requests then have as Host. Any page can post a form to this gateway, with its own Origin.
 */
export class HostGuard {
  readonly #allowed: ReadonlySet<string>

  /** `allowed`: names, without port, that this gateway serves besides `localhost` and all addresses. */
  constructor(allowed: readonly string[]) {
    this.#allowed = new Set(allowed.map((name) => name.toLowerCase()))
  }

  /** Whether a Host header names this gateway. A page cannot use an address as its name, and browsers always send the header. */
  isKnownHost(host: string | undefined): boolean {
    if (host === undefined) return true
    const name = hostnameOf(host)
    return this.#isOurs(name) || isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0
  }

  /** Throws `misdirected` for an unknown Host, and `forbidden` for a write from a page of another host. */
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

/** The host name in a Host header: lower case, without the port. */
function hostnameOf(host: string): string {
  return host.toLowerCase().replace(/:\d*$/, '')
}
