import { generateKeyPairSync } from 'node:crypto'
import test from 'ava'
import { compactVerify, createLocalJWKSet, type JSONWebKeySet } from 'jose'
import { cancelTickets, revokeBooking } from '#shared/contracts/payment-steps.ts'
import { listTickets, transferTicket, viewTicket, viewTicketKeys } from '#shared/contracts/tickets.ts'
import { newId } from '#shared/ids.ts'
import { system } from '#shared/messaging/caller.ts'
import { TicketCodes } from '../../workers/booking/ticket-codes.ts'
import { startBookingWorkers } from '../support/booking-workers.ts'
import { forFile } from '../support/for-file.ts'
import { allPages } from '../support/pages.ts'
import { assertRefused } from '../support/refusals.ts'

const oldKey = generateKeyPairSync('ed25519').privateKey
const newKey = generateKeyPairSync('ed25519').privateKey
const inBase64 = (key: typeof oldKey) => key.export({ format: 'der', type: 'pkcs8' }).toString('base64')

const workers = forFile(() =>
  startBookingWorkers({ env: { TICKET_KEYS: `${inBase64(newKey)},${inBase64(oldKey)}` }, isImpatient: false }),
)

/** Two seats of `ada`. */
async function buyTwo(options: { captured?: boolean } = {}) {
  const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 4, areas: { Floor: { capacity: 5 } } })
  await workers.setSale(eventId, { cancel_until: new Date(Date.now() + 86_400_000).toISOString() })
  const booking = await workers.buyTickets(eventId, [0, 1], 'ada', options)
  const [first, second] = booking.tickets.map(({ id }) => id) as [string, string]
  return { eventId, booking, first, second }
}
const view = (ticket_id: string, as: string) => workers.ask(viewTicket, { ticket_id }, { as })
const passOn = (ticket_id: string, as: string, to_user_id: string) =>
  workers.ask(transferTicket, { ticket_id, to_user_id }, { as, idempotencyKey: newId() })

/** What a door reads, with nothing but the public keys. */
async function read(code: string | null) {
  const keys = createLocalJWKSet((await workers.ask(viewTicketKeys, {})) as JSONWebKeySet)
  const { payload, protectedHeader } = await compactVerify(code ?? '', keys)
  return { ...JSON.parse(new TextDecoder().decode(payload)), ...protectedHeader }
}

test('a ticket has a code that says which one it is, and that public keys verify without asking anybody', async (t) => {
  const { eventId, booking, first } = await buyTwo()
  const ticket = await view(first, 'ada')
  t.like(ticket, { id: first, event_id: eventId, booking_id: booking.id, serial: 1, status: 'valid' })
  t.like(ticket, { seat_no: 0, section: 'Stalls', row: 'R1', label: '1' })
  t.regex(ticket.number, /^[0-9A-F]{4}-[0-9A-F]{4}$/)
  t.like(await read(ticket.code), { sub: first, ver: 1, alg: 'EdDSA', typ: 'ticket+jwt' })
  t.is((await view(first, 'ada')).code, ticket.code)
})

test('a code with another ticket, another serial or a signature of somebody else is refused', async (t) => {
  const { first, second } = await buyTwo()
  const [head, body = '', signature] = ((await view(first, 'ada')).code ?? '').split('.')
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString())
  for (const forged of [
    { ...claims, sub: second },
    { ...claims, ver: 2 },
  ]) {
    const other = Buffer.from(JSON.stringify(forged)).toString('base64url')
    await t.throwsAsync(read([head, other, signature].join('.')))
  }
  const stranger = new TicketCodes([generateKeyPairSync('ed25519').privateKey])
  await t.throwsAsync(async () => read(await stranger.sign({ id: first, serial: 1 })))
})

test('while keys are exchanged, codes of the old and of the new key are valid', async (t) => {
  const { first } = await buyTwo()
  const before = await new TicketCodes([oldKey]).sign({ id: first, serial: 1 })
  const now = (await view(first, 'ada')).code
  t.not(now, before)
  t.is((await read(before)).sub, first)
  const { keys } = await workers.ask(viewTicketKeys, {})
  t.is(keys.map(({ kid }) => kid).join(), [(await read(now)).kid, (await read(before)).kid].join())
})

test('a ticket of a general admission area has a code too', async (t) => {
  const { eventId } = await buyTwo()
  const { tickets } = await workers.buyTickets(eventId, { areas: [{ area: 'Floor', qty: 1 }] }, 'eve')
  const ticket = await view(tickets[0]?.id ?? '', 'eve')
  t.like(ticket, { area: 'Floor' })
  t.is((await read(ticket.code)).sub, ticket.id)
})

test('a ticket that is passed on has a new code, which only its new holder sees; the old one is told apart', async (t) => {
  const { booking, first, second } = await buyTwo()
  const before = await view(first, 'ada')
  const passed = await passOn(first, 'ada', 'bob')
  t.like(passed, { ticket_id: first, to_user_id: 'bob', serial: 2 })
  t.notRegex(JSON.stringify(passed), /ey[\w-]+\.ey/, 'no code: three parts with dots, of which two begin with `{"`')
  const bobs = await view(first, 'bob')
  t.like(bobs, { serial: 2, booking_id: null, status: 'valid' })
  t.like(await read(bobs.code), { sub: first, ver: 2 })
  t.is((await read(before.code)).ver, 1)
  t.like(await view(first, 'ada'), { code: null, passed_on: true, booking_id: booking.id })
  await assertRefused(t, passOn(first, 'ada', 'cyd'), 'not_found')
  const seen = await workers.viewBooking(booking.id, 'ada')
  t.is(seen.tickets.map(({ id, passed_on }) => `${id} ${passed_on}`).join(), `${first} true,${second} undefined`)
})

test('a ticket may be passed on again, and back to its buyer', async (t) => {
  const { booking, first } = await buyTwo()
  await passOn(first, 'ada', 'bob')
  await passOn(first, 'bob', 'cyd')
  await assertRefused(t, view(first, 'bob'), 'not_found')
  t.is((await passOn(first, 'cyd', 'ada')).serial, 4)
  const back = await view(first, 'ada')
  t.is((await read(back.code)).ver, 4)
  t.is(back.passed_on, undefined)
  const seen = await workers.viewBooking(booking.id, 'ada')
  t.true(seen.tickets.every(({ passed_on }) => passed_on === undefined))
})

test('of two who are passed the same ticket at once, one gets it', async (t) => {
  const { first } = await buyTwo()
  const tries = await Promise.allSettled(['bob', 'cyd', 'dan'].map((to) => passOn(first, 'ada', to)))
  t.is(tries.filter(({ status }) => status === 'fulfilled').length, 1)
  for (const failed of tries) if (failed.status === 'rejected') t.is(failed.reason.code, 'not_found')
})

test('a void, used or unpaid ticket is not passed on, and nobody passes one to themselves', async (t) => {
  const { eventId, booking, first, second } = await buyTwo()
  await assertRefused(t, passOn(first, 'ada', 'ada'), '/to_user_id')
  await workers.postgres.query(
    `UPDATE booking.tickets SET status = 'used' WHERE event_id = $1 AND booking_id =
    (SELECT booking_id FROM booking.tickets WHERE event_id = $1 LIMIT 1) AND id = (SELECT id FROM booking.tickets
    WHERE event_id = $1 ORDER BY id LIMIT 1)`,
    [eventId],
  )
  const { tickets } = await workers.viewBooking(booking.id, 'ada')
  const used = tickets.find(({ status }) => status === 'used')?.id ?? ''
  await assertRefused(t, passOn(used, 'ada', 'bob'), 'ticket_used')
  t.is((await view(used, 'ada')).code, null)
  const other = used === first ? second : first
  const refund = { booking_id: booking.id, refund_id: newId(), ticket_ids: [other] }
  await workers.ask(cancelTickets, { ...refund, reason: 'buyer' }, { as: 'ada' })
  await assertRefused(t, passOn(other, 'ada', 'bob'), 'ticket_void')
  const unpaid = await buyTwo({ captured: false })
  await assertRefused(t, passOn(unpaid.first, 'ada', 'bob'), 'payment_in_progress')
})

test('a refund by the organiser, a cancelled event and a refused capture make the code of a ticket void for any owner', async (t) => {
  const refunded = await buyTwo()
  await passOn(refunded.first, 'ada', 'bob')
  const wish = { booking_id: refunded.booking.id, refund_id: newId() }
  await workers.ask(cancelTickets, { ...wish, reason: 'organiser' }, { caller: { role: 'organiser', id: 'office' } })
  for (const [ticket, as] of [
    [refunded.first, 'bob'],
    [refunded.second, 'ada'],
  ] as const) {
    t.like(await view(ticket, as), { status: 'void', code: null })
  }
  const cancelled = await buyTwo()
  await passOn(cancelled.first, 'ada', 'bob')
  const all = { booking_id: cancelled.booking.id, refund_id: newId(), reason: 'event_cancelled' } as const
  await workers.ask(cancelTickets, all, { caller: system('purchase') })
  t.like(await view(cancelled.first, 'bob'), { status: 'void', code: null })

  const unpaid = await buyTwo({ captured: false })
  t.truthy((await view(unpaid.first, 'ada')).code)
  await workers.ask(revokeBooking, { booking_id: unpaid.booking.id, attempt: 1 })
  t.like(await view(unpaid.first, 'ada'), { status: 'void', code: null })
})

test('a buyer cannot give back a ticket that somebody else has', async (t) => {
  const { booking, first, second } = await buyTwo()
  await passOn(first, 'ada', 'bob')
  const wish = { booking_id: booking.id, refund_id: newId(), reason: 'buyer' } as const
  const giveBack = workers.ask(cancelTickets, { ...wish, ticket_ids: [first] }, { as: 'ada' })
  t.is((await assertRefused(t, giveBack, 'not_cancellable')).extra.reason, 'passed_on')
  await workers.ask(cancelTickets, wish, { as: 'ada' })
  t.is((await view(first, 'bob')).status, 'valid')
  t.is((await view(second, 'ada')).status, 'void')
})

test('tickets that others passed on are listed for who has them, page by page, and for nobody else', async (t) => {
  const { first, second } = await buyTwo()
  await passOn(first, 'ada', 'gus')
  await passOn(second, 'ada', 'gus')
  const list = (cursor = {}) => workers.ask(listTickets, { limit: 1, ...cursor }, { as: 'gus' })
  const pages = await allPages(list)
  t.is(pages.length, 2)
  t.deepEqual(
    pages
      .flat()
      .map(({ id }) => id)
      .sort(),
    [first, second].sort(),
  )
  t.deepEqual((await workers.ask(listTickets, {}, { as: 'ada' })).items, [])
  await assertRefused(t, list({ cursor: 'nonsense' }), 'validation_failed')
})
