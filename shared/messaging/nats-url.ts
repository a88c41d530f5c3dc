/**
 * Parses `nats://user:password@host:4222`, or `tls://…` (then the connection must be encrypted), or several of them joined by commas,
 * one for each node. User and password are '' if missing. Throws `TypeError`, without the password, for anything else.
 */
export function parseNatsUrl(url: string): { servers: string[]; user: string; password: string; encrypted: boolean } {
  const parts = url.split(',')
  const urls = parts.map((part) => URL.parse(part)).filter(isNats)
  const users = new Set(urls.map(({ username, password }) => `${username}:${password}`))
  const [first] = urls
  if (first === undefined || urls.length < parts.length || users.size > 1) {
    throw new TypeError(
      'must be nats://user:password@host:4222 or tls://…, several joined by commas, all with the same user',
    )
  }
  return {
    servers: urls.map(({ host }) => `nats://${host}`),
    user: decodeURIComponent(first.username),
    password: decodeURIComponent(first.password),
    encrypted: urls.some(({ protocol }) => protocol === 'tls:'),
  }
}

function isNats(url: URL | null): url is URL {
  return url !== null && ['nats:', 'tls:'].includes(url.protocol) && url.host !== ''
}

/** Removes user and password, for messages to people. */
export function withoutPassword(url: string): string {
  return url.replaceAll(/\/\/[^@,]*@/g, '//')
}
