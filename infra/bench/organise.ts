import { ExplainedError } from '../explained-error.ts'

const deadlineMs = 30_000

/** A gateway, and what opens its organiser's routes. */
export interface Organiser {
  readonly url: string
  readonly key: string
}

/** A request was answered with a problem. */
export class Refusal extends ExplainedError {
  readonly code: unknown

  constructor(message: string, code: unknown) {
    super(message)
    this.code = code
  }
}

/** Answers the body. Throws `Refusal`, or `ExplainedError` when there is no answer. */
export function organise<Body>(
  { url, key }: Organiser,
  method: 'POST' | 'PUT',
  path: string,
  body: object = {},
): Promise<Body> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` }
  return send<Body>(url, path, { method, headers, body: JSON.stringify(body) })
}

export interface Section {
  readonly name: string
  readonly rows: number
  readonly seats_per_row: number
  readonly price_minor: number
}

/** An event with these seats, published and so on sale. Answers its id. */
export async function createEvent(
  organiser: Organiser,
  { name, sections }: { name: string; sections: readonly Section[] },
): Promise<string> {
  const { id } = await organise<{ id: string }>(organiser, 'POST', '/admin/events', {
    name,
    venue: { name: 'Great Hall', city: 'Berlin', country: 'DE', tz: 'Europe/Berlin' },
    starts_on: '2099-06-01',
    starts_at_local: '20:00',
    sections,
  })
  await organise(organiser, 'POST', `/admin/events/${id}/publish`)
  return id
}

/** As `organise`, for what everybody may read. */
export function read<Body>(url: string, path: string): Promise<Body> {
  return send<Body>(url, path, { method: 'GET' })
}

async function send<Body>(url: string, path: string, request: RequestInit & { method: string }): Promise<Body> {
  const response = await fetch(`${url}${path}`, { ...request, signal: AbortSignal.timeout(deadlineMs) }).catch(
    (error: Error) => {
      const { message } = error.cause instanceof Error ? error.cause : error
      throw new ExplainedError(`${url} does not answer: ${message}`, { cause: error })
    },
  )
  const text = await response.text()
  const answer = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {}
  if (response.ok) return answer as Body
  const { code, detail } = answer
  const what = code === 'event_not_found' ? 'There is no such event' : String(detail ?? 'no reason was given')
  throw new Refusal(`${what} (${request.method} ${url}${path}: ${response.status}${code ? `, ${code}` : ''})`, code)
}
