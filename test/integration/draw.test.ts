import '../support/few-at-a-time.ts'
import test from 'ava'
import { decodeJwt } from 'jose'
import { storeRoll } from '#shared/contracts/draw.ts'
import { maxRollPlaces } from '#shared/draw.ts'
import { readDraw } from '../../infra/ops/draw/read-draw.ts'
import { verifyDraw } from '../../infra/ops/draw/verify-draw.ts'
import { askWorker } from '../support/asking.ts'
import { runScript } from '../support/command.ts'
import { Draws, inMs } from '../support/draws.ts'
import { forFile } from '../support/for-file.ts'
import { ask, eventOnSale } from '../support/http.ts'
import { writeSources } from '../support/import-command.ts'
import { busOf } from '../support/open-bus.ts'
import { openPostgres } from '../support/open-postgres.ts'
import { allPages } from '../support/pages.ts'
import { askToJoin, claim, forgetRoom, joinAll, look, numbersOf } from '../support/room-buyers.ts'
import { sharedSystem } from '../support/shared-systems.ts'
import { until } from '../support/until.ts'

const system = sharedSystem()
const db = forFile(async () => openPostgres(system.databaseUrl))

const draws = new Draws(system)
const hour = 3_600_000

async function wrongIn(eventId: string, receipts: { name: string; text: string }[] = []): Promise<string[]> {
  const findings = await verifyDraw(await readDraw(system.url, eventId), receipts)
  return findings.flatMap(({ checked, wrong }) => (wrong === undefined ? [] : [`${checked}: ${wrong}`]))
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1)
const sorted = (numbers: number[]): number[] => numbers.toSorted((a, b) => a - b)

test('who joins before the closing is drawn among all, and who comes later stands behind', async (t) => {
  const eventId = await draws.eventWithDraw()
  const places = await joinAll(system, eventId, 'ann', 40)
  const again = await askToJoin(system.url, eventId, 'ann-7')
  t.like(again.body, { id: places.get('ann-7')?.id, number: null, ahead: null, state: 'waiting' })
  const { commitment } = (await draws.view(eventId)).body
  t.like((await ask(`${system.url}/events/${eventId}/queue/serving`)).body, { state: 'pre_queue', serving: 0 })
  await draws.close(eventId)
  const later = await joinAll(system, eventId, 'bob', 5)
  const numbers = await numbersOf(system, places)
  t.deepEqual(sorted(numbers), upTo(40))
  t.deepEqual(await numbersOf(system, later), [41, 42, 43, 44, 45])
  const page = await ask(`${system.url}/events/${eventId}/queue/draw/ranks/0`)
  t.deepEqual(page.body.numbers, numbers)
  t.is(page.headers.get('cache-control'), 'public, max-age=31536000, immutable')
  const drawn = (await draws.view(eventId)).body
  t.like(drawn, { commitment, count: 40, entrants: 40, is_drawn: true })
  await until('everybody sees the root', async () => {
    const { body } = await ask(`${system.url}/events/${eventId}/queue/serving`)
    return body.state === 'open' && body.draw.root === drawn.root
  })
  t.deepEqual(await wrongIn(eventId), [])
})

test('buyers are called in the order of the draw, and the journal of their admissions is public', async (t) => {
  const eventId = await draws.eventWithDraw()
  const places = await joinAll(system, eventId, 'cat', 12)
  await draws.close(eventId)
  for (const [user, { id }] of places) await claim(system.url, id, user)
  const admissions = async (query: string) =>
    (await ask(`${system.url}/events/${eventId}/queue/admissions?${query}`)).body
  const pages = await allPages<{ number: number; serving: number }>(({ cursor }) =>
    admissions(`limit=5${cursor === undefined ? '' : `&cursor=${cursor}`}`),
  )
  const admitted = pages.flat()
  t.deepEqual(sorted(admitted.map(({ number }) => number)), upTo(12))
  t.true(admitted.every(({ number, serving }) => number <= serving))
  t.deepEqual(await wrongIn(eventId), [])
  t.is((await ask(`${system.url}/events/${eventId}/queue/admissions?cursor=x`)).status, 400)
})

test('a receipt proves that a place takes part, before the closing, after it and after the draw', async (t) => {
  const eventId = await draws.eventWithDraw()
  const places = await joinAll(system, eventId, 'dan', 3)
  const { id = '' } = places.get('dan-1') ?? {}
  const receipt = async (name: string) => {
    const { body, text } = await ask(`${system.url}/queue/${id}/receipt?user_id=dan-1`)
    return { name, text: body?.receipt ?? text }
  }
  const receipts = [await receipt('early')]
  t.is((await ask(`${system.url}/queue/${id}/receipt?user_id=dan-2`)).status, 404)
  await draws.close(eventId, 'root', { opensAfterMs: 2_000 })
  const late = (await askToJoin(system.url, eventId, 'late')).body.id
  const lateReceipt = async () => (await ask(`${system.url}/queue/${late}/receipt?user_id=late`)).body.receipt
  receipts.push(await receipt('closed'), { name: 'late', text: await lateReceipt() })
  await draws.untilHeld(eventId)
  receipts.push(await receipt('drawn'), { name: 'late, drawn', text: await lateReceipt() })
  t.deepEqual(
    receipts.map(({ text }) => decodeJwt(text)['takes_part']),
    [true, true, false, true, false],
  )
  t.deepEqual(await wrongIn(eventId, receipts), [])
  const other = await draws.eventWithDraw()
  const foreign = await askToJoin(system.url, other, 'dan-1')
  const { body } = await ask(`${system.url}/queue/${foreign.body.id}/receipt?user_id=dan-1`)
  t.is((await wrongIn(eventId, [{ name: 'of another draw', text: body.receipt }])).length, 1)
})

test('a draw with a beacon waits for its value, which must be later than the root and never changes', async (t) => {
  const eventId = await draws.eventWithDraw({ beacon: 'the lottery of Saturday' })
  await joinAll(system, eventId, 'eva', 3)
  const give = (json: object) => draws.put(`${eventId}/queue/beacon`, json)
  const early = inMs(0)
  t.like((await give({ value: '1 2 3', published_at: early })).body, { code: 'draw_not_open' })
  await draws.close(eventId, 'root', { beacon: 'the lottery of Saturday' })
  t.like((await give({ value: '1 2 3', published_at: early })).body, { code: 'validation_failed' })
  t.like((await give({ value: '1 2 3', published_at: inMs(hour) })).body, { code: 'validation_failed' })
  t.is((await draws.view(eventId)).body.seed, null)
  await until('the value is later than the root', async () => {
    return (await give({ value: '4 5 6', published_at: inMs(0) })).status === 200
  })
  t.like((await give({ value: '7 8 9', published_at: inMs(0) })).body, { code: 'draw_not_open' })
  await draws.untilHeld(eventId)
  t.like((await draws.view(eventId)).body.beacon, { source: 'the lottery of Saturday', value: '4 5 6' })
  t.deepEqual(await wrongIn(eventId), [])
})

test('a draw is announced before anybody waits, and stays as it is once it has closed', async (t) => {
  const draw = { closes_at: inMs(hour), opens_at: inMs(hour) }
  const waiting = await eventOnSale(system.url)
  await draws.put(`${waiting}/queue`, { state: 'open' })
  t.is((await askToJoin(system.url, waiting, 'fay')).status, 201)
  t.like((await draws.put(`${waiting}/queue`, { state: 'pre_queue', draw })).body, { code: 'draw_not_open' })
  t.like((await draws.view(waiting)).body, { code: 'draw_not_open' })
  const wrong: [object, string][] = [
    [{ state: 'pre_queue' }, '/draw'],
    [{ state: 'off', draw }, '/draw'],
    [{ state: 'pre_queue', draw: { ...draw, closes_at: inMs(-1) } }, '/draw/closes_at'],
    [{ state: 'pre_queue', draw: { ...draw, opens_at: inMs(1_000) } }, '/draw/opens_at'],
    [{ state: 'pre_queue', draw: { ...draw, joins_from: inMs(2 * hour) } }, '/draw/joins_from'],
    [{ state: 'pre_queue', draw: { ...draw, closes_at: 'tomorrow' } }, '/draw/closes_at'],
  ]
  const fresh = await eventOnSale(system.url)
  for (const [json, pointer] of wrong) {
    const { status, body } = await draws.put(`${fresh}/queue`, json)
    t.is(status, 400, pointer)
    t.is(body.errors[0].pointer, pointer)
  }
  t.is((await ask(`${system.url}/events/${fresh}/queue`)).body.draw, null)
  const eventId = await draws.eventWithDraw()
  await draws.close(eventId)
  t.like((await draws.put(`${eventId}/queue`, { state: 'pre_queue', draw })).body, { code: 'draw_not_open' })
  t.like((await ask(`${system.url}/events/${eventId}/queue/draw/roll/0`)).body, { code: 'not_found' })
})

test('a pre-queue is full before its roll becomes longer than a draw can be', async (t) => {
  const eventId = await draws.eventWithDraw()
  await db.query('UPDATE event.waiting_rooms SET next_place = $2 WHERE event_id = $1', [eventId, maxRollPlaces - 9_999])
  t.like(await askToJoin(system.url, eventId, 'zoe'), { status: 503, body: { code: 'queue_full' } })
})

test('before the time from which on buyers may join, nobody does', async (t) => {
  const eventId = await draws.eventWithDraw({ joins_from: inMs(hour / 2) })
  t.like((await askToJoin(system.url, eventId, 'gus')).body, { code: 'queue_not_enabled' })
  t.like((await ask(`${system.url}/events/${eventId}/queue/draw/roll/0`)).body, { code: 'draw_not_open' })
})

test('who leaves before the draw is called by no number of it, and a paused room stays so after the draw', async (t) => {
  const eventId = await draws.eventWithDraw()
  const places = await joinAll(system, eventId, 'hal', 4)
  await ask(`${system.url}/queue/${places.get('hal-2')?.id}?user_id=hal-2`, { method: 'DELETE' })
  t.is((await draws.put(`${eventId}/queue`, { state: 'paused' })).body.state, 'pre_queue')
  t.like((await draws.put(`${eventId}/queue`, { max_active: 500 })).body, { state: 'pre_queue', max_active: 500 })
  await draws.closeSoon(eventId, {}, { state: undefined })
  await draws.untilHeld(eventId)
  t.deepEqual(sorted(await numbersOf(system, places)), upTo(4))
  for (const [user, { id }] of places) {
    t.is((await look(system.url, id, user)).body.state, user === 'hal-2' ? 'ended' : 'waiting')
  }
  t.like((await ask(`${system.url}/events/${eventId}/queue/serving`)).body, { state: 'paused', serving: 0 })
  t.deepEqual(await wrongIn(eventId), [])
})

test('a Redis that has lost everything gets the numbers of the draw again, and gives none of them to others', async (t) => {
  const eventId = await draws.eventWithDraw()
  const places = await joinAll(system, eventId, 'ida', 20)
  await draws.close(eventId)
  const before = await numbersOf(system, places)
  const later = await joinAll(system, eventId, 'jim', 5)
  const behind = await numbersOf(system, later)
  await forgetRoom(system.redis.url, eventId)
  const newcomers = await joinAll(system, eventId, 'kim', 5)
  t.deepEqual(await numbersOf(system, places), before)
  t.deepEqual(await numbersOf(system, later), behind)
  const newest = await numbersOf(system, newcomers)
  t.is(new Set([...before, ...behind, ...newest]).size, 30)
  t.true(Math.min(...newest) > Math.max(...before, ...behind))
  t.deepEqual(await wrongIn(eventId), [])
})

test('a Redis that loses everything before the closing draws among those who show their ids; the others are holes behind', async (t) => {
  const eventId = await draws.eventWithDraw()
  const places = await joinAll(system, eventId, 'lea', 20)
  await forgetRoom(system.redis.url, eventId)
  const back = new Map([...places].slice(0, 15))
  for (const [user, { id }] of back) t.is((await look(system.url, id, user)).status, 200)
  const newcomers = await joinAll(system, eventId, 'max', 5)
  await draws.close(eventId)
  const drawn = (await draws.view(eventId)).body
  t.is(drawn.entrants, 20)
  const away = new Map([...places].slice(15))
  t.deepEqual(sorted([...(await numbersOf(system, back)), ...(await numbersOf(system, newcomers))]), upTo(20))
  const holes = await numbersOf(system, away)
  t.true(holes.every((number) => number > 20 && number <= drawn.count))
  const later = await numbersOf(system, await joinAll(system, eventId, 'nan', 1))
  t.true((later[0] ?? 0) > Math.max(...holes))
  t.deepEqual(await wrongIn(eventId), [])
})

test('a draw that nobody joined before its closing is held at once, and who comes then is called in order', async (t) => {
  const eventId = await draws.eventWithDraw()
  const closesAt = await draws.closeSoon(eventId)
  await until('it has closed', () => Date.now() > closesAt)
  // The first that anybody asks of it.
  const places = await joinAll(system, eventId, 'qin', 3)
  await draws.untilHeld(eventId)
  t.like((await draws.view(eventId)).body, { count: 0, entrants: 0 })
  t.deepEqual(await numbersOf(system, places), [1, 2, 3])
  t.deepEqual(await wrongIn(eventId), [])
})

test('a Redis that loses everything just before the closing: the empty roll is refused for a minute, then those who waited are called', async (t) => {
  const eventId = await draws.eventWithDraw()
  const [[, place] = ['', { id: '', index: 0 }]] = await joinAll(system, eventId, 'pam', 1)
  await draws.announce(eventId, { closes_at: inMs(2_000), opens_at: inMs(2_000) })
  await forgetRoom(system.redis.url, eventId)
  const bus = await busOf(t, system.natsUrls.gateway)
  const empty = { event_id: eventId, count: 0, first_page: 0, leaves: '' }
  const store = () =>
    askWorker(bus, storeRoll, empty).then(
      () => 'stored',
      (error: Error) => error.message,
    )
  await until('the pre-queue has closed', async () => (await store()) !== 'The pre-queue is still open.')
  t.regex(await store(), /Redis has lost it/)
  t.is((await draws.view(eventId)).body.root, null)
  const past = `closes_at - interval '1 minute'`
  await db.query(`UPDATE event.draws SET closes_at = ${past}, opens_at = ${past} WHERE event_id = $1`, [eventId])
  await draws.untilHeld(eventId)
  t.like((await draws.view(eventId)).body, { count: 0, entrants: 0 })
  await until('the buyer is called', async () => (await look(system.url, place.id, 'pam-0')).body.state === 'called')
})

test('verify-draw ends with 0 for a draw as it must be, 1 for a receipt it does not keep, 2 for one it cannot check', async (t) => {
  const eventId = await draws.eventWithDraw()
  const place = await askToJoin(system.url, eventId, 'oda')
  const verify = (args: string[], url = system.url) =>
    runScript('infra/ops/draw/command.ts', [...args, '--url', url], {})
  const early = await verify([eventId])
  t.is(early.code, 2)
  t.regex(early.output, /published when the pre-queue has closed/)
  const { text } = await ask(`${system.url}/queue/${place.body.id}/receipt?user_id=oda`)
  await draws.close(eventId)
  const { 'mine.json': file } = await writeSources({ 'mine.json': text })
  const good = await verify([eventId, '--receipt', file])
  t.is(good.code, 0, good.output)
  t.regex(good.output, /The draw is as it must be/)
  const other = await draws.eventWithDraw()
  await draws.close(other)
  const bad = await verify([other, '--receipt', file])
  t.is(bad.code, 1, bad.output)
  t.regex(bad.output, /signature is not valid/)
  t.is((await verify(['nonsense'])).code, 2)
  t.is((await verify([eventId], 'http://127.0.0.1:1')).code, 2)
})
