import { demoEventId } from '#shared/ids.ts'
import type { Traffic } from '../sample.ts'
import { callers, type Scenario } from './plan.ts'

/** What everybody answers: the first page of the catalogue, as the first command of the README asks for it; 20 events, some 10 KB. */
export const readPath = '/events'

/** The page of an event for buyers: an arena with its sections, some 30 KB. */
const pagePath = `/shop/events/${demoEventId}`

/** As text, to be sent as it is. */
export function getRequest(path: string, headers: Readonly<Record<string, string>> = {}): string {
  const all = { Host: '127.0.0.1', 'User-Agent': 'bench', Accept: 'application/json', ...headers }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`
}

/** What is sent in a scenario. */
export function trafficOf(scenario: Scenario): Traffic {
  switch (scenario) {
    case 'hit':
      return always(getRequest(readPath), 200)
    case 'page':
      return always(getRequest(pagePath, { Accept: 'text/html' }), 200)
    case 'hit+limit':
      return { next: readsOfManyCallers(), isGood: ({ status }) => status === 200 }
    case 'miss':
      return { next: readThatMisses, isGood: ({ status }) => status === 200 }
    case 'refused':
      return refusals()
  }
}

function always(request: string, expected: number): Traffic {
  const bytes = Buffer.from(request, 'latin1')
  return { next: () => bytes, isGood: ({ status }) => status === expected }
}

/** Callers are told apart by the address that a trusted proxy names. */
function callerAddress(serial: number): string {
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

/** Counts on over all rounds and systems: no request is sent twice. */
let serial = 0

function readThatMisses(): string {
  serial += 1
  return getRequest(`${readPath}?end=${dayOf(serial)}`)
}

/** A date so far away that it excludes nothing: each request is new, and asks for the same events. */
function dayOf(number: number): string {
  const firstDay = Date.UTC(2200, 0, 1)
  return new Date(firstDay + number * 86_400_000).toISOString().slice(0, 10)
}

/** One caller who has used up the limit; a few requests pass whenever a new minute begins. */
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
