import type { IncomingMessage } from 'node:http'
import { isRead } from '../exchange/is-read.ts'
import type { KnownAsker } from '../limits/foresee.ts'
import { RecentMap } from '../recent-map.ts'
import type { ReadOfRoute } from '../routes/read-of-route.ts'

/** Who was refused, and at which route. */
export interface RecentRefusal {
  readonly asker: KnownAsker
  readonly endpoint: string
}

const recentReads = 10_000
const maxUrlLength = 512
const recentRefusals = 10_000
/** Of addresses, token, cookie and URL together. */
const maxAskerLength = 2_048

/**
 * What was found out about requests, so that it is known of the next one like it. Whatever is forgotten is found out again.
 */
export class RecentRequests {
  readonly #reads = new RecentMap<ReadOfRoute>({ size: recentReads, maxKeyLength: maxUrlLength })
  readonly #refusals = new RecentMap<RecentRefusal>({ size: recentRefusals, maxKeyLength: maxAskerLength })

  /** What a GET of this URL, as it came, asks for when it comes without credentials. */
  readAt(url: string): ReadOfRoute | undefined {
    return this.#reads.get(url)
  }

  /** Of what was there already, or was being asked for by somebody else. */
  noteRead(url: string, read: ReadOfRoute): void {
    this.#reads.set(url, read)
  }

  /** The refusal of an earlier request that was the same in all by which a caller is known. It may have ended. */
  refusalOf(req: IncomingMessage): RecentRefusal | undefined {
    return this.#refusals.get(askerKey(req))
  }

  noteRefusal(req: IncomingMessage, refusal: RecentRefusal): void {
    if (isRead(req)) this.#refusals.set(askerKey(req), refusal)
  }
}

/** Who asks for what, before anybody has verified it. A line break stands in neither of them. */
function askerKey({ url, headers, socket }: IncomingMessage): string {
  const { authorization = '', cookie = '', 'x-forwarded-for': forwardedFor = '' } = headers
  return `${url}\n${forwardedFor}\n${authorization}\n${cookie}\n${socket.remoteAddress}`
}
