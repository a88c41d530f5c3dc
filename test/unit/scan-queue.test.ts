import { generateKeyPairSync } from 'node:crypto'
import test from 'ava'
import type { ManifestTicket, recordScans, ScanOutcome } from '#shared/contracts/check-in.ts'
import type { RequestOf } from '#shared/contracts/contract.ts'
import { newId, publicId } from '#shared/ids.ts'
import type { Answer, AskOptions } from '../../gateway/storefront/browser/api.ts'
import { ScanQueue } from '../../gateway/storefront/browser/scan-queue.ts'
import type { ScanStore, StoredScan } from '../../gateway/storefront/browser/stored-scan.ts'
import { TicketCodes } from '../../workers/booking/ticket-codes.ts'

type Scans = Pick<RequestOf<typeof recordScans>, 'gate' | 'scans'>

const codes = new TicketCodes([generateKeyPairSync('ed25519').privateKey])
const eventId = newId()

async function newTickets(count: number): Promise<{ ticket: ManifestTicket; code: string }[]> {
  const tickets = Array.from({ length: count }, (_, at): ManifestTicket => {
    const number = `0000-${String(at).padStart(4, '0')}`
    const id = publicId({ eventId, ownId: newId() })
    return { id, number, serial: 1, status: 'valid', entered: null, place: { area: 'Floor' } }
  })
  return Promise.all(tickets.map(async (ticket) => ({ ticket, code: await codes.sign(ticket) })))
}

/** A store that a reload leaves as it was. */
function memory(): ScanStore & { readonly kept: Map<string, StoredScan> } {
  const kept = new Map<string, StoredScan>()
  return {
    kept,
    scans: async () => [...kept.values()],
    wrongEntries: async () => [],
    deleteWrongEntry: async () => undefined,
    async putScans(changes) {
      for (const [id, scan] of changes) {
        if (scan === null) kept.delete(id)
        else kept.set(id, scan)
      }
    },
  }
}

/** A device whose gateway answers as `status` says: 0 for not at all. `isPortal`: a network answers in its place. */
function newDevice(tickets: readonly { readonly ticket: ManifestTicket }[], store: ScanStore = memory()) {
  const sent: Scans[] = []
  const device = { status: 200, outcome: 'admitted' as ScanOutcome, isPortal: false, sent }
  const queue = new ScanQueue({
    ...{ eventId, store },
    async ask<Value>(_: 'POST', __: string, { body }: AskOptions): Promise<Answer<Value>> {
      const request = body as Scans
      sent.push(request)
      const { status, outcome, isPortal } = device
      if (status !== 200) {
        return { ok: false, problem: { code: 'offline', status, title: '', detail: '', retryable: true } }
      }
      if (isPortal) return { ok: true, status, headers: new Headers(), value: { login: '/' } as Value }
      const items = request.scans.map(({ scan_id }) => ({ scan_id, outcome, ticket: null, entered: null }))
      return { ok: true, status, headers: new Headers(), value: { items, admitted: 0, tickets: 0 } as Value }
    },
    list: () => ({ tickets: tickets.map(({ ticket }) => ticket), keys: codes.publicKeys }),
    ...{ changed: () => undefined, counted: () => undefined, notStored: () => undefined },
  })
  return Object.assign(device, { queue })
}

const codesOf = (request: Scans | undefined) => request?.scans.map(({ code }) => code)

test('without an answer the device decides, a newer scan waits behind the first, and all arrive in their order', async (t) => {
  const tickets = await newTickets(3)
  const device = newDevice(tickets)
  const { queue, sent } = device
  device.status = 0
  t.like((await queue.decide(tickets[0]?.code ?? '', 'Gate 2')).answer, { outcome: 'admitted', isOffline: true })
  t.is(sent.length, 1)
  device.status = 200
  // The gateway would answer now, but must hear of the first one first.
  t.like((await queue.decide(tickets[1]?.code ?? '', 'Gate 2')).answer, { outcome: 'admitted', isOffline: true })
  t.is(sent.length, 1)
  t.true(await queue.send())
  t.deepEqual(codesOf(sent.at(-1)), [tickets[0]?.code, tickets[1]?.code])
  t.is(sent.at(-1)?.scans[0]?.scan_id, sent[0]?.scans[0]?.scan_id, 'the id under which it may have arrived')
  t.like((await queue.decide(tickets[2]?.code ?? '', 'Gate 2')).answer, { outcome: 'admitted', isOffline: false })
  t.deepEqual(queue.waiting, [])
})

test('what the device let in says so when it is sent, and what the gateway is asked about does not', async (t) => {
  const tickets = await newTickets(2)
  const device = newDevice(tickets)
  device.status = 0
  await device.queue.decide(tickets[0]?.code ?? '', 'Gate 2')
  device.status = 200
  await device.queue.send()
  await device.queue.decide(tickets[1]?.code ?? '', 'Gate 2')
  t.deepEqual(
    device.sent.map(({ scans }) => scans[0]?.let_in),
    [undefined, true, undefined],
  )
})

test('250 scans arrive in their order, at most 100 in a request, and none twice', async (t) => {
  const tickets = await newTickets(250)
  const device = newDevice(tickets)
  device.status = 0
  for (const { code } of tickets) await device.queue.decide(code, 'Gate 2')
  device.status = 200
  device.sent.length = 0
  await Promise.all([device.queue.send(), device.queue.send()])
  t.deepEqual(
    device.sent.map(({ scans }) => scans.length),
    [100, 100, 50],
  )
  t.deepEqual(
    device.sent.flatMap(codesOf),
    tickets.map(({ code }) => code),
  )
})

test('scans of two gates are sent apart, each under the gate where it was made', async (t) => {
  const tickets = await newTickets(3)
  const device = newDevice(tickets)
  device.status = 0
  for (const [at, gate] of ['North', 'North', 'South'].entries())
    await device.queue.decide(tickets[at]?.code ?? '', gate)
  device.status = 200
  device.sent.length = 0
  await device.queue.send()
  t.deepEqual(
    device.sent.map(({ gate, scans }) => [gate, scans.length]),
    [
      ['North', 2],
      ['South', 1],
    ],
  )
})

test('waiting scans survive a reload, and are sent then', async (t) => {
  const tickets = await newTickets(2)
  const store = memory()
  const before = newDevice(tickets, store)
  before.status = 0
  for (const { code } of tickets) await before.queue.decide(code, 'Gate 2')
  const after = newDevice(tickets, store)
  await after.queue.restore()
  t.is(after.queue.waiting.length, 2)
  t.like((await after.queue.decide(tickets[0]?.code ?? '', 'Gate 2')).answer, { outcome: 'already_admitted' })
  await after.queue.send()
  t.deepEqual(
    after.sent.flatMap(codesOf),
    tickets.map(({ code }) => code),
  )
})

test('who was refused without an answer is not sent later, and the next scan of the code has the id of the first', async (t) => {
  const [sold] = await newTickets(1)
  const code = sold?.code ?? ''
  // Sold after the list was loaded.
  const device = newDevice([])
  device.status = 0
  t.like((await device.queue.decide(code, 'Gate 2')).answer, { outcome: 'undecided' })
  device.status = 200
  t.true(await device.queue.send())
  t.is(device.sent.length, 1)
  t.like((await device.queue.decide(code, 'Gate 2')).answer, { outcome: 'admitted', isOffline: false })
  t.is(device.sent[1]?.scans[0]?.scan_id, device.sent[0]?.scans[0]?.scan_id)
})

test('a list loaded after a scan without an answer leaves the next scan of the code its id, for an hour', async (t) => {
  const [sold] = await newTickets(1)
  const code = sold?.code ?? ''
  const store = memory()
  const device = newDevice([], store)
  device.status = 0
  await device.queue.decide(code, 'Gate 2')
  const later = (ms: number): string => new Date(Date.now() + ms).toISOString()
  await device.queue.forgetBefore(later(50 * 60_000))
  Object.assign(device, { status: 200 })
  await device.queue.send()
  await device.queue.decide(code, 'Gate 2')
  t.is(device.sent[1]?.scans[0]?.scan_id, device.sent[0]?.scans[0]?.scan_id)

  device.status = 0
  await device.queue.decide('0000-9999', 'Gate 2')
  await device.queue.forgetBefore(later(70 * 60_000))
  t.is(store.kept.size, 0)
})

test('an answer that says nothing about the scan, such as that of a network before its sign-in, counts as none', async (t) => {
  const tickets = await newTickets(1)
  const device = newDevice(tickets)
  device.isPortal = true
  t.like((await device.queue.decide(tickets[0]?.code ?? '', 'Gate 2')).answer, { outcome: 'admitted', isOffline: true })
  t.false(await device.queue.send())
  t.is(device.queue.waiting.length, 1)
  device.isPortal = false
  t.true(await device.queue.send())
  t.deepEqual(device.queue.waiting, [])
})

test('a device that let somebody in names what the gateway says of the ticket, until it is ticked off', async (t) => {
  const tickets = await newTickets(1)
  const device = newDevice(tickets)
  device.status = 0
  await device.queue.decide(tickets[0]?.code ?? '', 'Gate 2')
  Object.assign(device, { status: 200, outcome: 'already_admitted' })
  await device.queue.send()
  t.like(device.queue.wrongEntries, [{ outcome: 'already_admitted', gate: 'Gate 2' }])
  await device.queue.tickOff(device.queue.wrongEntries[0]?.scan_id ?? '')
  t.deepEqual(device.queue.wrongEntries, [])
})

test('where the gateway takes no scans of the page, nobody is let in and nothing waits', async (t) => {
  const tickets = await newTickets(1)
  const store = memory()
  const device = newDevice(tickets, store)
  for (const status of [401, 403, 404]) {
    device.status = status
    const { answer, fault } = await device.queue.decide(tickets[0]?.code ?? '', 'Gate 2')
    t.is(answer, undefined)
    t.is(fault?.status, status)
  }
  t.is(store.kept.size, 0)
})

test('what the camera sees besides tickets is not sent', async (t) => {
  const device = newDevice([])
  t.like((await device.queue.decide('https://example.org/', 'Gate 2')).answer, { outcome: 'unknown' })
  t.is(device.sent.length, 0)
})
