import type { IncomingMessage } from 'node:http'
import { BlockList, isIP, isIPv4, isIPv6, type Socket, SocketAddress } from 'node:net'
import { LRUCache } from 'lru-cache'

/** Size of the cache: pairs of remote address and X-Forwarded-For, and characters of one pair. Longer pairs are not cached. */
const maxPairs = 10_000
const maxPairLength = 256
/** Trusted proxies send less than this. Of a longer header, only the end is read. */
const maxForwardedLength = 2_048

/** Finds the address of a client behind trusted proxies. */
export class ClientAddresses {
  readonly #trusted = new BlockList()
  /** Rate-limit clients by remote address and X-Forwarded-For. */
  readonly #clients = new LRUCache<string, string>({ max: maxPairs })

  /** `trustedProxies`: addresses or CIDR ranges. Throws on anything else. */
  constructor(trustedProxies: readonly string[]) {
    for (const proxy of trustedProxies) {
      const [address = '', prefix] = proxy.split('/')
      const family = isIPv6(address) ? 'ipv6' : 'ipv4'
      if (isIP(address) === 0) throw new Error(`TRUSTED_PROXIES: ${proxy} is neither an address nor a CIDR range`)
      this.#trusted.addSubnet(address, prefix === undefined ? (family === 'ipv4' ? 32 : 128) : Number(prefix), family)
    }
  }

  /** The unit that limits count: an IPv4 address, or the /64 network that one IPv6 subscriber usually has. */
  clientOf({ socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>): string {
    const remoteAddress = socket.remoteAddress ?? ''
    const forwardedFor = String(headers['x-forwarded-for'] ?? '')
    const pair = forwardedFor === '' ? remoteAddress : `${remoteAddress} ${forwardedFor}`
    const known = this.#clients.get(pair)
    if (known !== undefined) return known
    const client = networkOf(this.addressOf(remoteAddress, forwardedFor))
    if (pair.length <= maxPairLength) this.#clients.set(pair, client)
    return client
  }

  /** The owner of a connection; undefined for trusted proxies, which carry requests of many clients. */
  ownerOf({ remoteAddress = '' }: Pick<Socket, 'remoteAddress'>): string | undefined {
    const address = canonical(remoteAddress)
    return this.#isTrusted(address) ? undefined : networkOf(address)
  }

  /**
   * The nearest address that is not a trusted proxy. X-Forwarded-For is read from the right and only while each hop is trusted: a client
   * can forge the rest.
   */
  addressOf(remoteAddress: string, forwardedFor: string): string {
    let address = canonical(remoteAddress)
    if (!this.#isTrusted(address)) return address
    const hops = forwardedFor.slice(-maxForwardedLength).split(',')
    while (this.#isTrusted(address)) {
      const next = canonical(hops.pop()?.trim() ?? '')
      if (isIP(next) === 0) break
      address = next
    }
    return address
  }

  #isTrusted(address: string): boolean {
    return isIP(address) !== 0 && this.#trusted.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')
  }
}

/** An IPv4 address as it is, an IPv6 address by its /64 network. */
function networkOf(address: string): string {
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

/** The usual form of an address: `10.0.0.1` for `::FFFF:a00:1`, its form on a dual-stack socket. Drops the ports that some proxies add. */
function canonical(written: string): string {
  const address = /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(written)?.[1] ?? /^\[(.*)\](?::\d+)?$/.exec(written)?.[1] ?? written
  if (!isIPv6(address)) return address
  const shortest = new SocketAddress({ address, family: 'ipv6' }).address
  return shortest.startsWith('::ffff:') && shortest.includes('.') ? shortest.slice(7) : shortest
}
