/** A single server, a master known by Sentinels, or a Redis Cluster. */
export type RedisAddress =
  | { readonly kind: 'single'; readonly url: string }
  | (RedisNodes & { readonly kind: 'sentinel'; readonly masterName: string })
  | (RedisNodes & { readonly kind: 'cluster' })

interface RedisNodes {
  readonly nodes: readonly { readonly host: string; readonly port: number }[]
  readonly credentials: RedisCredentials
}

interface RedisCredentials {
  readonly username?: string
  readonly password?: string
}

/** For error messages. */
export const redisUrlForms =
  'must be redis://host:port (or rediss://), redis+sentinel://host:port,host:port/master-name or redis+cluster://host:port,host:port'

const groupForm = /^redis\+(sentinel|cluster):\/\/(?:([^@/]*)@)?([^/@]+)(?:\/([\w.-]+))?$/
const nodeForm = /^(?:\[([0-9a-fA-F:]+)\]|([\w.-]+)):(\d{1,5})$/

/** Reads a REDIS_URL; `undefined` unless it has one of the `redisUrlForms`. */
export function parseRedisUrl(text: string): RedisAddress | undefined {
  if (/^rediss?:\/\//.test(text)) return URL.canParse(text) ? { kind: 'single', url: text } : undefined
  const [, kind, userInfo = '', hosts = '', masterName] = groupForm.exec(text) ?? []
  const nodes = hosts.split(',').map(parseNode)
  const credentials = parseCredentials(userInfo)
  if (!nodes.every((node) => node !== undefined) || credentials === undefined) return undefined
  if (kind === 'sentinel') return masterName === undefined ? undefined : { kind, nodes, credentials, masterName }
  return masterName === undefined ? { kind: 'cluster', nodes, credentials } : undefined
}

function parseNode(text: string): RedisNodes['nodes'][number] | undefined {
  const [, bracketed, host = bracketed, port] = nodeForm.exec(text) ?? []
  const number = Number(port)
  return host !== undefined && number >= 1 && number <= 65_535 ? { host, port: number } : undefined
}

function parseCredentials(userInfo: string): RedisCredentials | undefined {
  try {
    const [user = '', ...rest] = userInfo.split(':')
    // A password may have colons.
    const [username, password] = [user, rest.join(':')].map(decodeURIComponent)
    return { ...(username && { username }), ...(password && { password }) }
  } catch {
    return undefined
  }
}
