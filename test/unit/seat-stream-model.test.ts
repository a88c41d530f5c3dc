import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import type { SeatVersions } from '#shared/contracts/seats.ts'
import { type FeedParts, SeatFeed } from '../../gateway/streams/feed.ts'
import { SeatModel } from '../../gateway/streams/model.ts'
import type { Reader } from '../../gateway/streams/stream.ts'
import { editedText } from '../chaos/mutants/edit.ts'
import { differingSeats, type ModelClass } from '../support/seat-stream-world.ts'

const project = join(import.meta.dirname, '..', '..')
const file = 'gateway/streams/model.ts'
const seeds = Array.from({ length: 300 }, (_, seed) => seed + 1)

async function seedsThatDiffer(Model: ModelClass): Promise<number[]> {
  const found: number[] = []
  for (const seed of seeds) if ((await differingSeats(Model, seed)) > 0) found.push(seed)
  return found
}

test('facts that come twice, late and in any order, around loads, leave no client with a wrong seat', async (t) => {
  t.deepEqual(await seedsThatDiffer(SeatModel), [])
})

const newer = 'if (version > (this.#versions[seatNo] ?? 0)) {'

/** Faults that somebody could make. */
const faults: Record<string, { find: string; replace: string }> = {
  'versions are ignored': { find: newer, replace: 'if (version > 0) {' },
  'only changes are sent': { find: newer, replace: 'if (version <= (this.#versions[seatNo] ?? 0)) continue\n{' },
  'the position is noted after the load': {
    find: `      const since = this.#position()
      const loaded = await read()
`,
    replace: `      const loaded = await read()
      const since = this.#position()
`,
  },
}

for (const [fault, edit] of Object.entries(faults)) {
  test(`the same trial finds it when ${fault}`, async (t) => {
    const Faulty = await modelWith(t, edit)
    t.not((await seedsThatDiffer(Faulty)).length, 0)
  })
}

async function modelWith(t: ExecutionContext, edit: { find: string; replace: string }): Promise<ModelClass> {
  const text = await editedText(project, { file, ...edit })
  const directory = await mkdtemp(join(tmpdir(), 'seat-model-'))
  t.teardown(() => rm(directory, { recursive: true }))
  const copy = join(directory, 'model.mts')
  await writeFile(copy, text.replaceAll("'#shared/", `'${pathToFileURL(join(project, 'shared'))}/`))
  return ((await import(copy)) as { SeatModel: ModelClass }).SeatModel
}

const stream = '2026-11-30T12:00:00.123456789Z'
const house: SeatVersions = {
  version: 3,
  cancelled: false,
  rows: [
    { section: 'Stalls', first_seat_no: 0, codes: '012', versions: [1, 2, 3] },
    { section: 'Balcony', first_seat_no: 4, codes: '0', versions: [1] },
  ],
  areas: [],
}

async function loadedModel({ sequence = 5, cancelled = false } = {}) {
  const position = { stream, sequence }
  const model = new SeatModel(() => ({ ...position }))
  await model.load(async () => ({ ...house, cancelled }))
  return { model, position }
}

test('a position is taken up only when it is of this stream of facts, not too old and not ahead', async (t) => {
  const { model, position } = await loadedModel()
  const name = model.snapshot()?.position.split('-')[0]
  model.receive(6, [[0, 'held', 2]])
  position.sequence = 6
  const batch = model.takeBatch(0)
  t.is(batch?.id, `${name}-6`)
  t.deepEqual([...(model.namedSince(`${name}-5`) ?? [])], [0])
  t.deepEqual([...(model.namedSince(`${name}-6`) ?? [])], [])
  const wrong = ['-4', '-7', '-5x', '--5', '-1e1'].map((behind) => `${name}${behind}`)
  for (const id of [...wrong, 'other-5', '', 'nonsense']) t.is(model.namedSince(id), null, id)
  model.forgetOld(30_001)
  t.is(model.namedSince(`${name}-5`), null)
  t.deepEqual([...(model.namedSince(`${name}-6`) ?? [])], [])
})

test('a snapshot has two bits a seat, and a number without a seat is blocked', async (t) => {
  const { model } = await loadedModel()
  const { version, seats } = model.snapshot() ?? {}
  t.is(version, 3)
  t.deepEqual([...Buffer.from(seats ?? '', 'base64')], [0b11_10_01_00, 0b00])
  t.true(model.isInSection(4, 'Balcony'))
  t.false(model.isInSection(2, 'Balcony'))
  t.true(model.hasSection('Stalls'))
  t.false(model.hasSection('Boxes'))
})

test('nothing of a cancelled event is free', async (t) => {
  const { model } = await loadedModel({ cancelled: true })
  t.deepEqual([...Buffer.from(model.snapshot()?.seats ?? '', 'base64')], [0b11_10_01_11, 0b11])
  model.receive(6, [[1, 'available', 3]])
  t.is(model.codeOf(1), 3)
})

test('while facts are not followed nothing is sent, and a load fails', async (t) => {
  let following = true
  const model = new SeatModel(() => (following ? { stream, sequence: 1 } : null))
  await model.load(async () => house)
  model.receive(2, [[0, 'held', 2]])
  following = false
  t.is(model.takeBatch(0), null)
  t.is(model.snapshot(), null)
  await t.throwsAsync(model.load(async () => house))
  t.false(model.isLoaded)
})

test('a seat beyond the house shows that the house has grown', async (t) => {
  const { model } = await loadedModel()
  t.true(model.receive(6, [[4, 'held', 2]]))
  t.false(model.receive(7, [[5, 'held', 2]]))
})

test('a reader of a quiet house gets an event at least every 15 s, because pages cannot see anything less', (t) => {
  const feed = new SeatFeed('e1', { position: () => null } as unknown as FeedParts)
  const got: string[] = []
  const reader = {
    ...{ section: null, owner: null, wroteAt: 0, endsAt: 60_000 },
    write: (message: Buffer) => got.push(message.toString()),
  } as unknown as Reader
  feed.add(reader)
  feed.tick(14_999)
  t.deepEqual(got, [])
  feed.tick(15_000)
  t.deepEqual(got, ['event: seats\ndata: {"seats":[]}\n\n'])
})
