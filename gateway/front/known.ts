import type { IncomingMessage } from 'node:http'
import type { RateClass } from '../limits/rate-classes.ts'
import { RecentMap } from '../recent-map.ts'
import type { ReadOfRoute } from '../routes/read-of-route.ts'

/** Who was refused, by which limit, and at which route. */
export interface KnownRefusal {
  readonly rateClass: RateClass
  /** Whose counter it was. */
  readonly caller: string
  readonly endpoint: string
}

const recentReads = 10_000
const maxUrlLength = 512
const recentRefusals = 10_000
/** Of address, token, cookie and URL together. */
const maxAskerLength = 2_048

/**
 * What the layers have found out about requests, so that the next one like it can be answered in front of them. Whatever is
 * forgotten, they find out again.
 */
export class Known {
  readonly #reads = new RecentMap<ReadOfRoute>({ size: recentReads, maxKeyLength: maxUrlLength })
  readonly #refusals = new RecentMap<KnownRefusal>({ size: recentRefusals, maxKeyLength: maxAskerLength })

  /** What a GET of this URL, as it came, asks for when it comes without credentials. */
  readAt(url: string): ReadOfRoute | undefined {
    return this.#reads.get(url)
  }

  noteRead(url: string, read: ReadOfRoute): void {
    this.#reads.set(url, read)
  }

  /** The refusal of an earlier request that was the same in all by which a caller is known. It may have ended. */
  refusalOf(req: IncomingMessage, client: string): KnownRefusal | undefined {
    return this.#refusals.get(asked(req, client))
  }

  noteRefusal(req: IncomingMessage, client: string, refusal: KnownRefusal): void {
    if (isRead(req)) this.#refusals.set(asked(req, client), refusal)
  }
}

/** Requests without a body: all they say is known at once. */
export function isRead({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD'
}

/** Who asks for what, before anybody has verified it. A line break stands in neither of them. */
function asked({ url, headers: { authorization = '', cookie = '' } }: IncomingMessage, client: string): string {
  return `${client}\n${authorization}\n${cookie}\n${url}`
}
