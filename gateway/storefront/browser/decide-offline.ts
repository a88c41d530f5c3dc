import type { ManifestTicket, ScanOutcome } from '#shared/contracts/check-in.ts'
import type { ReplyOf } from '#shared/contracts/contract.ts'
import type { viewTicketKeys } from '#shared/contracts/tickets.ts'
import { ticketNumberIn } from '#shared/scans.ts'

/*
 * What a device at the door decides alone, when the gateway does not answer: by the signature of the code, by the list of tickets that it
 * loaded before, and by the entries that it has seen since. It cannot know of entries at other gates, so the gateway has the last word.
 */

type TicketKey = ReplyOf<typeof viewTicketKeys>['keys'][number]

/** The tickets of one event and the public keys of their codes, as they were at one moment. */
export interface TicketList {
  readonly tickets: readonly ManifestTicket[]
  readonly keys: readonly TicketKey[]
}

export interface Entered {
  /** ISO 8601, UTC. */
  readonly at: string
  readonly gate: string
}

/** `undecided`: without a connection nobody can say. */
export type OfflineOutcome = ScanOutcome | 'undecided'

export interface OfflineDecision {
  readonly outcome: OfflineOutcome
  readonly ticket: ManifestTicket | null
  /** Null unless `already_admitted`. */
  readonly entered: Entered | null
}

export interface OfflineQuestion {
  /** The signed code of a ticket, or its number as `ticketNumberIn` gives it. */
  readonly code: string
  readonly eventId: string
  /** Null: this device has not loaded it yet. */
  readonly list: TicketList | null
  /** Entries on this device since the list was loaded, by the id of the ticket. */
  readonly enteredHere: ReadonlyMap<string, Entered>
}

/** Whether a text may be the code of a ticket: a compact JWS. */
export function isCode(text: string): boolean {
  return text.length <= 1_024 && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text)
}

/** Decides about a ticket without the gateway. Lets nobody in whose ticket is not on the list, valid and in its first use here. */
export async function decideOffline({ code, eventId, list, enteredHere }: OfflineQuestion): Promise<OfflineDecision> {
  const answer = (outcome: OfflineOutcome, ticket: ManifestTicket | null = null): OfflineDecision => ({
    ...{ outcome, ticket },
    entered: null,
  })
  const isNumber = ticketNumberIn(code) !== null
  if (list === null) return answer(isNumber || isCode(code) ? 'undecided' : 'unknown')
  if (isNumber) {
    const [ticket, ...others] = list.tickets.filter(({ number }) => number === code)
    return ticket === undefined || others.length > 0 ? answer('unknown') : stateOf(ticket, enteredHere)
  }
  const claims = await verify(code, list.keys)
  if (claims === 'cannot') return answer('undecided')
  if (claims === 'forged') return answer('unknown')
  if (eventOf(claims.id) !== eventId) return answer('other_event')
  const ticket = list.tickets.find(({ id }) => id === claims.id)
  // Sold, or passed on, after the list was loaded.
  if (ticket === undefined || claims.serial > ticket.serial) return answer('undecided', ticket ?? null)
  if (claims.serial < ticket.serial && ticket.status !== 'void') return answer('replaced', ticket)
  return stateOf(ticket, enteredHere)
}

function stateOf(ticket: ManifestTicket, enteredHere: ReadonlyMap<string, Entered>): OfflineDecision {
  if (ticket.status === 'void') return { outcome: 'void', ticket, entered: null }
  const entered = ticket.entered ?? enteredHere.get(ticket.id) ?? null
  return { outcome: entered === null && ticket.status === 'valid' ? 'admitted' : 'already_admitted', ticket, entered }
}

interface Claims {
  readonly id: string
  readonly serial: number
}

/** What a code says, if one of the keys signed it. `cannot`: this browser, or this device, lacks what it needs. */
async function verify(code: string, keys: readonly TicketKey[]): Promise<Claims | 'forged' | 'cannot'> {
  if (!isCode(code)) return 'forged'
  const [header = '', payload = '', signature = ''] = code.split('.')
  const { alg, typ, kid } = jsonIn(header)
  const { sub, ver } = jsonIn(payload)
  const bytes = bytesIn(signature)
  if (
    alg !== 'EdDSA' ||
    typ !== 'ticket+jwt' ||
    typeof sub !== 'string' ||
    !Number.isSafeInteger(ver) ||
    bytes === null
  )
    return 'forged'
  const key = keys.find((each) => each.kid === kid)
  // Perhaps a key that is newer than the list.
  if (key === undefined) return 'cannot'
  try {
    const { kty, crv, x } = key
    const imported = await crypto.subtle.importKey('jwk', { kty, crv, x }, { name: 'Ed25519' }, false, ['verify'])
    const signed = new TextEncoder().encode(`${header}.${payload}`)
    return (await crypto.subtle.verify({ name: 'Ed25519' }, imported, bytes, signed))
      ? { id: sub, serial: ver as number }
      : 'forged'
  } catch {
    // Older browsers do not know Ed25519, and none has `subtle` outside https and localhost.
    return 'cannot'
  }
}

/** The bytes of base64url; null for other text. */
function bytesIn(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0))
  } catch {
    return null
  }
}

/** The members of a JSON object in base64url; none for other text. */
function jsonIn(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytesIn(text) ?? new Uint8Array()))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** The event in the id of a ticket: the first half of its 32 bytes. */
function eventOf(ticketId: string): string {
  const bytes = bytesIn(ticketId)
  if (bytes?.length !== 32) return ''
  const hex = Array.from(bytes.subarray(0, 16), (byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
