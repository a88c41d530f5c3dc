import { randomUUID } from 'node:crypto'
import { demoEventId } from '#shared/ids.ts'
import type { Traffic } from './closed-loop.ts'
import { callers, readsPerPurchase, type Scenario } from './plan.ts'

/** What everybody answers: the first page of the catalogue, as the first command of the README asks for it; 20 events, some 10 KB. */
export const readPath = '/events'

/** The page of an event for buyers: an arena with its sections, some 30 KB. */
const pagePath = `/shop/events/${demoEventId}`

/** As text, to be sent as it is. */
export function getRequest(path: string, headers: Readonly<Record<string, string>> = {}): string {
  return `GET ${path} HTTP/1.1\r\n${headerLines(headers)}\r\n`
}

function postRequest(path: string, body: string, headers: Readonly<Record<string, string>>): string {
  const all = { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(body)), ...headers }
  return `POST ${path} HTTP/1.1\r\n${headerLines(all)}\r\n${body}`
}

function headerLines(headers: Readonly<Record<string, string>>): string {
  const all = { Host: '127.0.0.1', 'User-Agent': 'bench', Accept: 'application/json', ...headers }
  return Object.entries(all)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')
}

export interface TrafficOptions {
  /** Of what `readPath` answers, as this system says it; '' when it says none. */
  readonly etag: string
  /** The event in which the next seat is to be bought. */
  nextHouse(): string
}

/** What is sent in a scenario. */
export function trafficOf(scenario: Scenario, { etag, nextHouse }: TrafficOptions): Traffic {
  switch (scenario) {
    case 'hit':
      return always(getRequest(readPath), 200)
    case 'page':
      return always(getRequest(pagePath, { Accept: 'text/html' }), 200)
    case 'hit+limit':
      return { next: readsOfManyCallers(), isGood: ({ status }) => status === 200 }
    case 'miss':
      return { next: readsThatMiss(), isGood: ({ status }) => status === 200 }
    case 'refused':
      return refusals()
    case 'not-modified':
      return etag === '' ? always(getRequest(readPath, { 'If-None-Match': '"none"' }), 200) : askingByEtag(etag)
    case 'mixed':
      return {
        next: readsAndPurchases(nextHouse),
        isGood: ({ status }) => status === 200 || status === 201 || status === 202,
      }
  }
}

function always(request: string, expected: number): Traffic {
  const bytes = Buffer.from(request, 'latin1')
  return { next: () => bytes, isGood: ({ status }) => status === expected }
}

/** So often the page itself may become another one while it is asked for, as when its availability is not known for a moment. */
const maxChanges = 10

/** As a browser does: after 200 it asks by the ETag that came with it. */
function askingByEtag(first: string): Traffic {
  const requestBy = (etag: string): Buffer => Buffer.from(getRequest(readPath, { 'If-None-Match': etag }), 'latin1')
  const known = new Set([first])
  let request = requestBy(first)
  return {
    next: () => request,
    isGood({ status, head }) {
      const etag = /\r\netag: *([^\r]+)/i.exec(head)?.[1]
      if (status !== 200 || etag === undefined) return status === 304
      known.add(etag)
      request = requestBy(etag)
      return known.size <= 1 + maxChanges
    },
  }
}

/** Callers are told apart by the address that a trusted proxy names. */
export function callerAddress(serial: number): string {
  return `10.${(serial >> 16) & 255}.${(serial >> 8) & 255}.${serial & 255}`
}

function readsOfManyCallers(): () => Buffer {
  const requests = Array.from({ length: callers }, (_, caller) =>
    Buffer.from(getRequest(readPath, { 'X-Forwarded-For': callerAddress(caller) }), 'latin1'),
  )
  let turn = 0
  return () => {
    turn = (turn + 1) % callers
    return requests[turn] as Buffer
  }
}

/** Counts on over all rounds and systems: nobody is ever asked for the same twice. */
let serial = 0

function readsThatMiss(): () => string {
  return () => {
    serial += 1
    return getRequest(`${readPath}?end=${dayOf(serial)}`)
  }
}

/** A date so far away that it excludes nothing: each asks for the same events, by a request that nobody has made before. */
function dayOf(number: number): string {
  const firstDay = Date.UTC(2200, 0, 1)
  return new Date(firstDay + number * 86_400_000).toISOString().slice(0, 10)
}

/** One caller who has had all that is allowed; a few are let through whenever a new minute begins. */
function refusals(): Traffic {
  const traffic = always(getRequest('/bookings?user_id=123', { 'X-Forwarded-For': callerAddress(1) }), 429)
  let admitted = 0
  return {
    next: traffic.next,
    isGood: ({ status }) => {
      if (status === 200) admitted += 1
      return status === 429 || (status === 200 && admitted <= 100)
    },
  }
}

function readsAndPurchases(nextHouse: () => string): () => string | Buffer {
  const read = readsOfManyCallers()
  let turn = 0
  return () => {
    turn += 1
    return turn % (readsPerPurchase + 1) === 0 ? purchase(nextHouse()) : read()
  }
}

/** Of a seat, by somebody who was never here before. */
function purchase(eventId: string): string {
  serial += 1
  const body = JSON.stringify({
    user_id: `bench-${serial}`,
    event_id: eventId,
    best_available: { qty: 1 },
    payment_token: 'tok_ok',
  })
  return postRequest('/purchase', body, {
    // Addresses of readers begin at 10.0.0.0.
    'X-Forwarded-For': callerAddress(callers + serial),
    'Idempotency-Key': randomUUID(),
  })
}
