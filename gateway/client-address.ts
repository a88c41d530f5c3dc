import { BlockList, isIP, isIPv4, isIPv6, SocketAddress } from 'node:net'
import { RecentMap } from './recent-map.ts'

/** So many pairs of remote address and X-Forwarded-For are remembered at least, none of more characters than that. */
const recentPairs = 10_000
const maxPairLength = 256
const maxForwardedLength = 2_048

/** Finds the address of a client behind trusted proxies. */
export class ClientAddresses {
  readonly #trusted = new BlockList()
  /** What counts as the client, by remote address and X-Forwarded-For. */
  readonly #clients = new RecentMap<string>({ size: recentPairs })

  /** `trustedProxies`: addresses or CIDR ranges. Throws on anything else. */
  constructor(trustedProxies: readonly string[]) {
    for (const proxy of trustedProxies) {
      const [address = '', prefix] = proxy.split('/')
      const family = isIPv6(address) ? 'ipv6' : 'ipv4'
      if (isIP(address) === 0) throw new Error(`TRUSTED_PROXIES: ${proxy} is neither an address nor a CIDR range`)
      this.#trusted.addSubnet(address, prefix === undefined ? (family === 'ipv4' ? 32 : 128) : Number(prefix), family)
    }
  }

  /** What limits count as one client, see `of` and `clientNetwork`. */
  clientOf(remoteAddress: string, forwardedFor: string): string {
    const pair = forwardedFor === '' ? remoteAddress : `${remoteAddress} ${forwardedFor}`
    const known = this.#clients.get(pair)
    if (known !== undefined) return known
    const client = clientNetwork(this.of(remoteAddress, forwardedFor))
    if (pair.length <= maxPairLength) this.#clients.set(pair, client)
    return client
  }

  /**
   * The nearest address that is not a trusted proxy. X-Forwarded-For is read from the right, and only as far as each hop
   * is trusted, because everything left of that may be invented.
   */
  of(remoteAddress: string, forwardedFor: string): string {
    let address = usual(remoteAddress)
    if (!this.#isTrusted(address)) return address
    // What stands left of so much, trusted proxies did not write.
    const hops = forwardedFor.slice(-maxForwardedLength).split(',')
    while (this.#isTrusted(address)) {
      const next = usual(hops.pop()?.trim() ?? '')
      if (isIP(next) === 0) break
      address = next
    }
    return address
  }

  #isTrusted(address: string): boolean {
    return isIP(address) !== 0 && this.#trusted.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')
  }
}

/** What counts as one client in limits: an IPv4 address, or the /64 network that one IPv6 subscriber usually has. */
function clientNetwork(address: string): string {
  if (!isIPv6(address)) return address
  const [head = '', tail = ''] = address.split('::')
  const headGroups = head.split(':').filter((group) => group !== '')
  const tailGroups = tail.split(':').filter((group) => group !== '')
  const zeros = Array.from({ length: Math.max(0, 8 - headGroups.length - tailGroups.length) }, () => '0')
  const groups = address.includes('::') ? [...headGroups, ...zeros, ...tailGroups] : headGroups
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}

/**
 * An address as it is usually written: `::FFFF:a00:1` is 10.0.0.1 seen through a dual-stack socket. Proxies of some clouds name ports,
 * too, which say nothing about the client.
 */
function usual(written: string): string {
  const address = /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(written)?.[1] ?? /^\[(.*)\](?::\d+)?$/.exec(written)?.[1] ?? written
  if (!isIPv6(address)) return address
  const canonical = new SocketAddress({ address, family: 'ipv6' }).address
  return canonical.startsWith('::ffff:') && canonical.includes('.') ? canonical.slice(7) : canonical
}
