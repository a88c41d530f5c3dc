import { generateKeyPairSync } from 'node:crypto'
import test from 'ava'
import { SignJWT } from 'jose'
import type { ManifestTicket } from '#shared/contracts/check-in.ts'
import { newId, publicId } from '#shared/ids.ts'
import { ticketNumberIn } from '#shared/scans.ts'
import {
  decideOffline,
  type Entered,
  isCode,
  type OfflineOutcome,
  type TicketList,
} from '../../gateway/storefront/browser/decide-offline.ts'
import { TicketCodes } from '../../workers/booking/ticket-codes.ts'

const ourKey = generateKeyPairSync('ed25519').privateKey
const ours = new TicketCodes([ourKey])
const theirs = new TicketCodes([generateKeyPairSync('ed25519').privateKey])

const eventId = newId()
const newTicketId = (of = eventId) => publicId({ eventId: of, ownId: newId() })

const ticketOf = (more: Partial<ManifestTicket> = {}): ManifestTicket => ({
  ...{ id: newTicketId(), number: '6F68-6623', serial: 2, status: 'valid', entered: null },
  place: { seat_no: 1, section: 'Stalls', row: 'A', label: '1' },
  ...more,
})

const valid = ticketOf()
const entered: Entered = { at: '2026-12-01T19:02:00.000Z', gate: 'Gate 2' }
const used = ticketOf({ status: 'used', number: '1111-1111', entered })
const voided = ticketOf({ status: 'void', number: '2222-2222' })
const twins = [ticketOf({ number: '3333-3333' }), ticketOf({ number: '3333-3333' })]
const list: TicketList = { tickets: [valid, used, voided, ...twins], keys: ours.publicKeys }

/** The code with one letter of a part (0 header, 1 claims, 2 signature) replaced. */
function changed(code: string, part: number): string {
  const parts = code.split('.')
  const text = parts[part] ?? ''
  parts[part] = text.slice(0, 4) + (text[4] === 'A' ? 'B' : 'A') + text.slice(5)
  return parts.join('.')
}

/** As `TicketCodes` signs, but of another type. */
const signedAs = (typ: string, { id, serial }: ManifestTicket) =>
  new SignJWT({ ver: serial })
    .setSubject(id)
    .setProtectedHeader({ alg: 'EdDSA', typ, kid: ours.publicKeys[0]?.kid ?? '' })
    .sign(ourKey)

const unsigned = (claims: object) =>
  [{ alg: 'none' }, claims].map((each) => Buffer.from(JSON.stringify(each)).toString('base64url')).join('.')

interface Row {
  readonly what: string
  readonly code: string
  readonly outcome: OfflineOutcome
  readonly list?: TicketList | null
  readonly enteredHere?: readonly [string, Entered][]
  /** When and where it entered, as the answer says. */
  readonly entered?: Entered
}

const newOnes = { id: newTicketId(), serial: 1 }
const rows: readonly Row[] = [
  { what: 'a valid ticket', code: await ours.sign(valid), outcome: 'admitted' },
  { what: 'its number', code: valid.number, outcome: 'admitted' },
  { what: 'a ticket that the list says entered', code: await ours.sign(used), outcome: 'already_admitted', entered },
  { what: 'its number', code: used.number, outcome: 'already_admitted', entered },
  {
    what: 'a ticket that entered on this device',
    code: await ours.sign(valid),
    enteredHere: [[valid.id, entered]],
    outcome: 'already_admitted',
    entered,
  },
  { what: 'a void ticket', code: await ours.sign(voided), outcome: 'void' },
  { what: 'an old code of a void ticket', code: await ours.sign({ ...voided, serial: 1 }), outcome: 'void' },
  { what: 'the number of a void ticket', code: voided.number, outcome: 'void' },
  { what: 'the code of an earlier holder', code: await ours.sign({ ...valid, serial: 1 }), outcome: 'replaced' },
  { what: 'a code that is newer than the list', code: await ours.sign({ ...valid, serial: 3 }), outcome: 'undecided' },
  { what: 'a ticket sold after the list was loaded', code: await ours.sign(newOnes), outcome: 'undecided' },
  {
    what: 'a ticket of another event',
    code: await ours.sign({ id: newTicketId(newId()), serial: 1 }),
    outcome: 'other_event',
  },
  {
    what: 'a code of a key that is not on the list, which may be newer',
    code: await theirs.sign(valid),
    outcome: 'undecided',
  },
  {
    what: 'a code that others signed under the id of our key',
    code: `${(await ours.sign(valid)).split('.')[0]}.${(await theirs.sign(valid)).split('.').slice(1).join('.')}`,
    outcome: 'unknown',
  },
  { what: 'something else that we signed', code: await signedAs('queue-receipt+jwt', valid), outcome: 'unknown' },
  { what: 'a code with another header', code: changed(await ours.sign(valid), 0), outcome: 'unknown' },
  { what: 'a code with other claims', code: changed(await ours.sign(valid), 1), outcome: 'unknown' },
  { what: 'a code with another signature', code: changed(await ours.sign(valid), 2), outcome: 'unknown' },
  { what: 'an unsigned code', code: `${unsigned({ sub: valid.id, ver: 2 })}.AA`, outcome: 'unknown' },
  { what: 'the address of a page', code: 'https://example.org/', outcome: 'unknown' },
  { what: 'a number of no ticket', code: '9999-9999', outcome: 'unknown' },
  { what: 'a number of two tickets', code: '3333-3333', outcome: 'unknown' },
  { what: 'a code without a list', code: await ours.sign(valid), list: null, outcome: 'undecided' },
  { what: 'a number without a list', code: valid.number, list: null, outcome: 'undecided' },
  { what: 'the address of a page without a list', code: 'https://example.org/', list: null, outcome: 'unknown' },
  { what: 'a code without keys', code: await ours.sign(valid), list: { ...list, keys: [] }, outcome: 'undecided' },
]

for (const { what, code, outcome, list: known = list, enteredHere = [], entered: first = null } of rows) {
  test(`without a connection ${what} (${code.length} letters) is ${outcome}`, async (t) => {
    const decided = await decideOffline({ code, eventId, list: known, enteredHere: new Map(enteredHere) })
    t.is(decided.outcome, outcome)
    t.deepEqual(decided.entered, first)
  })
}

test('a number is read however it is typed, and nothing else is taken for one', (t) => {
  for (const text of ['6F68-6623', '6f68-6623', '6f686623', '6F68 6623']) t.is(ticketNumberIn(text), '6F68-6623')
  for (const text of ['', '6F68-662', '6F68-66234', '6G68-6623', '6F68--6623', 'x 6F68-6623'])
    t.is(ticketNumberIn(text), null)
})

test('only texts that can be a code are sent to the gateway', async (t) => {
  t.true(isCode(await ours.sign(valid)))
  for (const text of ['', 'a.b', 'a.b.c.d', 'https://a.b.c/', `${'a'.repeat(1_024)}.b.c`]) t.false(isCode(text), text)
})
