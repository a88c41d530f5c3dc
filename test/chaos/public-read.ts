import type { World } from './http-buyer.ts'

/** What everybody may look at: the states of all seats, the first hundred tickets, the event itself. */
export type Page = 'seats' | 'tickets' | 'event'

/** A buyer who wants to see what they were just told. */
export interface OwnSeats {
  /** `seq` of the hold or the booking. */
  readonly minSeq: string
  readonly seatNos: readonly number[]
  /** When their hold runs out, by the history's clock; null: they are bought. */
  readonly keptUntil: number | null
}

export interface PublicRead {
  readonly page: Page
  readonly eventId: string
  readonly gateway: number
  /** By the history's clock: before it was asked, and after the last byte of the answer. */
  readonly beganAt: number
  readonly endedAt: number
  /** 0: there was no answer. */
  readonly status: number
  readonly cacheStatus: string
  readonly own?: OwnSeats
  /** Of `seats` and `tickets`: one digit a seat by `seat_no`: 0 available, 1 held, 2 sold, 3 blocked. */
  readonly states: string
  /** Of `event`: how its sale stands. */
  readonly saleStatus: string
}

/** Reads are answered within a second; this is for a gateway that was frozen meanwhile. */
const patienceMs = 4_000

const paths = {
  seats: (eventId: string) => `/events/${eventId}/seats`,
  tickets: (eventId: string) => `/events/${eventId}/tickets`,
  event: (eventId: string) => `/events/${eventId}`,
} satisfies Record<Page, (eventId: string) => string>

/** Looks at a page once and writes down what it showed. */
export async function readPage(
  { gatewayUrls, history }: World,
  what: Pick<PublicRead, 'page' | 'eventId' | 'gateway' | 'own'>,
): Promise<void> {
  const url = new URL(paths[what.page](what.eventId), gatewayUrls[what.gateway])
  if (what.own !== undefined) url.searchParams.set('min_seq', what.own.minSeq)
  const beganAt = history.now()
  const answer = await look(url).catch((): Seen => ({ status: 0, cacheStatus: '', body: {} }))
  const { status, cacheStatus, body } = answer
  const shown = { states: statesOf(body), saleStatus: body.sale?.status ?? '' }
  history.reads.push({ ...what, beganAt, endedAt: history.now(), status, cacheStatus, ...shown })
}

interface PageBody {
  readonly states?: string
  readonly items?: readonly { readonly seat_no: number; readonly state: string }[]
  readonly sale?: { readonly status: string }
}

interface Seen {
  readonly status: number
  readonly cacheStatus: string
  readonly body: PageBody
}

async function look(url: URL): Promise<Seen> {
  const response = await fetch(url, { signal: AbortSignal.timeout(patienceMs) })
  const text = await response.text()
  const cacheStatus = response.headers.get('cache-status') ?? ''
  return { status: response.status, cacheStatus, body: response.status === 200 ? JSON.parse(text) : {} }
}

const names = ['available', 'held', 'sold', 'blocked']

function statesOf({ states, items = [] }: PageBody): string {
  if (states === undefined) return items.map(({ state }) => names.indexOf(state)).join('')
  return [...Buffer.from(states, 'base64')]
    .map((byte) => [0, 2, 4, 6].map((shift) => (byte >> shift) & 3).join(''))
    .join('')
}
