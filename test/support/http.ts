import { daysFromToday } from './catalogue.ts'
import { checkAnswer } from './described-api.ts'
import { doorKey, organiserKey } from './system.ts'

/** An answer as tests look at it. `body` is parsed where it is JSON, else null. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape and fail where one is not as expected
  readonly body: any
}

export interface Ask {
  readonly method?: string
  readonly headers?: Record<string, string>
  /** Sent as JSON. */
  readonly json?: unknown
  /** Sent as it is. */
  readonly raw?: string | Uint8Array<ArrayBuffer>
}

/** One HTTP request with a deadline of 15 s. What a gateway answers must be as its OpenAPI document says. */
export async function ask(url: string, { method, headers = {}, json, raw }: Ask = {}): Promise<Answer> {
  const body = json === undefined ? raw : JSON.stringify(json)
  const sent = { url, method: method ?? (body === undefined ? 'GET' : 'POST') }
  const response = await fetch(url, {
    method: sent.method,
    headers: { ...(json === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body }),
    signal: AbortSignal.timeout(15_000),
    redirect: 'manual',
  })
  const text = await response.text()
  // All answers of gateways have it, and none of the other servers.
  if (response.headers.has('x-request-id'))
    await checkAnswer(sent, { status: response.status, headers: response.headers, text })
  const isJson = text !== '' && /json/.test(response.headers.get('content-type') ?? '')
  return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : null }
}

export interface TestEvent {
  readonly name?: string
  readonly city?: string
  readonly rows?: number
  readonly seatsPerRow?: number
  readonly priceMinor?: number
  readonly inDays?: number
  /** When the sale opens; default: at once. */
  readonly onSaleAt?: string
}

export const asOrganiser = { authorization: `Bearer ${organiserKey}` }
export const atDoor = { authorization: `Bearer ${doorKey}` }

/** An organiser's action, such as `cancel`. Throws unless it is done. */
export async function changeEvent(url: string, eventId: string, action: string): Promise<void> {
  const path = `${url}/admin/events/${eventId}/${action}`
  const { status, text } = await ask(path, { method: 'POST', headers: asOrganiser })
  if (status !== 200) throw new Error(`${action} was not done: ${text}`)
}

/** An event on sale, made the organiser's way: created, then published. `given`: members of the request. Answers its id. */
export async function eventOnSale(url: string, options: TestEvent = {}, given: object = {}): Promise<string> {
  const {
    name = 'Test night',
    city = 'Berlin',
    rows = 5,
    seatsPerRow = 10,
    priceMinor = 5_000,
    inDays = 30,
    onSaleAt,
  } = options
  const created = await ask(`${url}/admin/events`, {
    headers: asOrganiser,
    json: {
      name,
      venue: { name: `${city} Hall`, city, country: 'DE', tz: 'Europe/Berlin' },
      starts_on: daysFromToday(inDays),
      starts_at_local: '20:00',
      performers: ['The Testers'],
      sections: [{ name: 'Stalls', rows, seats_per_row: seatsPerRow, price_minor: priceMinor }],
      max_tickets_per_user: 10,
      ...(onSaleAt !== undefined && { on_sale_at: onSaleAt }),
      ...given,
    },
  })
  if (created.status !== 201) throw new Error(`event was not created: ${created.text}`)
  await changeEvent(url, created.body.id, 'publish')
  return created.body.id
}
