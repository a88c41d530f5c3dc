import test from 'ava'
import { listEvents, viewEvent } from '#shared/contracts/event.ts'
import { viewSeatStates } from '#shared/contracts/seats.ts'
import { readImportConfig } from '../../infra/ops/import/config.ts'
import { runImport as importFiles } from '../../infra/ops/import/run-import.ts'
import type { ProgressStream } from '../../infra/progress-bar.ts'
import { askWorker } from '../support/asking.ts'
import { forFile } from '../support/for-file.ts'
import { runImportCommand, writeSources } from '../support/import-command.ts'
import { openBus } from '../support/open-bus.ts'
import { realFile, realFiles, testWithRealData } from '../support/real-data.ts'
import { sharedCatalogueSystem } from '../support/shared-systems.ts'

const system = sharedCatalogueSystem()
const bus = forFile(() => openBus(system.natsUrls.operator))

/** As the command does, in this process: starting Node for each would take most of the time. */
async function runImport(args: readonly string[], terminal: ProgressStream = { isTTY: false, write: () => undefined }) {
  const config = readImportConfig([...args], { NATS_URL: system.natsUrls.operator })
  if (config === null) throw new Error('asks for help')
  const lines: string[] = []
  const say = (line: string) => lines.push(line)
  const stopping = new AbortController().signal
  const allStored = await importFiles(config, { connect: async () => bus, say, terminal, stopping })
  return { allStored, lines, output: lines.join('\n') }
}
/** The same, of one file with this content. */
async function runImportOf(name: string, content: unknown, ...args: string[]) {
  const { [name]: file = '' } = await writeSources({ [name]: content })
  return runImport([file, ...args])
}

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0)

const discoveryEvent = (id: string, change: object = {}) => ({
  id,
  name: `Event ${id}`,
  dates: { start: { localDate: '2031-05-01', localTime: '20:00:00' } },
  ...change,
})

const seats = ['1', '2', '3'].map((number, index) => ({
  seat_guid: `A-${number}`,
  seat_number: number,
  position: { x: index * 10, y: 0 },
  category: 'Seat',
}))
const smallPlan = {
  name: 'Small house',
  size: { width: 100, height: 100 },
  categories: [{ name: 'Seat' }],
  zones: [{ name: 'Stalls', position: { x: 0, y: 0 }, rows: [{ row_number: 'A', seats }] }],
}

test.serial('importing a file again changes nothing', async (t) => {
  const run = () => runImportOf('page.json', { _embedded: { events: [discoveryEvent('again')] } })
  const first = await run()
  t.true(first.allStored)
  t.regex(first.output, /^page\.json: read 1, stored 1, changed 0, unchanged 0, no venue 1, no price 1/)
  t.regex((await run()).output, /^page\.json: read 1, stored 0, changed 0, unchanged 1/)
})

test.serial('a record that cannot be stored is named with its reason, and the others are stored', async (t) => {
  const { allStored, lines } = await runImportOf('mixed.json', [
    discoveryEvent('good-1'),
    discoveryEvent('nameless', { name: '\u0000 ' }),
    discoveryEvent('dateless', { dates: { start: { localDate: 'soon' } } }),
    null,
    discoveryEvent('good-2'),
  ])
  t.false(allStored)
  t.regex(lines[0] ?? '', /^mixed\.json: read 5, stored 2, .*refused 3/)
  t.regex(lines[1] ?? '', /^ {2}refused nameless: name: /)
  t.regex(lines[2] ?? '', /^ {2}refused dateless: starts_on: /)
  t.regex(lines[3] ?? '', /^ {2}refused record 4: /)
})

test.serial('a broken file is named in one line, and the other files go on', async (t) => {
  const files = await writeSources({
    'broken.json': '{"_embedded":',
    'other.json': { schedule: [] },
    'good.json': discoveryEvent('single'),
  })
  const paths = [files['broken.json'], '/no/such/file.json', files['other.json'], files['good.json']]
  const { allStored, lines } = await runImport(paths)
  t.false(allStored)
  t.is(lines.length, 5)
  t.regex(lines[0] ?? '', /^broken\.json: is not JSON/)
  t.is(lines[1], 'file.json: does not exist')
  t.regex(lines[2] ?? '', /^other\.json: is in none of the known formats/)
  t.regex(lines[3] ?? '', /^good\.json: read 1, stored 1/)
  t.regex(lines[4] ?? '', /^total: read 1, stored 1/)
})

test.serial('without a terminal the command writes lines without control characters, and ends with 1', async (t) => {
  const files = await writeSources({
    'ids.json': [discoveryEvent('\u001b[2J\r', { name: '' }), discoveryEvent('plain')],
  })
  const { code, output } = await runImportCommand([files['ids.json']], { NATS_URL: system.natsUrls.operator })
  t.is(code, 1)
  t.regex(output, /^ids\.json: read 2, stored 1, .*refused 1/)
  t.regex(output, /refused .*name/)
  t.notRegex(output, /(?!\n)\p{Cc}/u)
})

test.serial('a terminal shows how far an import is, and nothing of it stays', async (t) => {
  const files = await writeSources({ 'shown.json': [discoveryEvent('shown')] })
  const drawn: string[] = []
  await runImport([files['shown.json']], { isTTY: true, write: (text) => drawn.push(text) })
  t.is(drawn.join(''), `\r\u001b[K[${'.'.repeat(30)}] 0/1 shown.json\r\u001b[K`)
})

test.serial('a plan gets its own event, on sale at the price, and the same one when imported again', async (t) => {
  const args = ['--price', '5000EUR', '--on-sale', 'now', '--tz', 'Europe/Warsaw']
  const run = () => runImportOf('house.json', smallPlan, ...args)
  const first = await run()
  t.true(first.allStored)
  t.regex(first.output, /^house\.json: pretix seating plan "Small house": 3 seats in 1 section$/m)
  t.regex(first.output, /3 seats at 50\.00 EUR, on sale$/m)
  const [, id = ''] = /curl \S+\/events\/([0-9a-f-]{36})$/m.exec(first.output) ?? []
  const event = await askWorker(bus, viewEvent, { event_id: id })
  t.like(event, { tz: 'Europe/Warsaw', sale: { status: 'on_sale' }, price_from_minor: 5_000 })
  t.is((await askWorker(bus, viewSeatStates, { event_id: id })).available, 3)
  // A day may end between the two.
  const dateless = (output: string) => output.replaceAll(/\b\d{4}-\d\d-\d\d\b/g, 'a day')
  t.is(dateless((await run()).output), dateless(first.output))
})

test.serial('a plan can be given to an event that exists, and waits there for its on-sale', async (t) => {
  await runImportOf('event.json', discoveryEvent('seated'))
  const { items } = await askWorker(bus, listEvents, { status: 'any', limit: 100 })
  const id = items.find(({ name }) => name === 'Event seated')?.id ?? ''
  const args = ['--event', id, '--price', '900JPY', '--on-sale', '2031-04-01T10:00:00+02:00']
  const { allStored, output } = await runImportOf('house.json', smallPlan, ...args)
  t.true(allStored)
  t.regex(output, /3 seats at 900 JPY, on sale from 2031-04-01T08:00:00/)
  t.is((await askWorker(bus, viewEvent, { event_id: id })).seat_count, 3)
})

test.serial('a plan without a price, or for an event that does not exist, is refused', async (t) => {
  const priceless = await runImportOf('house.json', smallPlan)
  t.deepEqual([priceless.allStored, priceless.lines.length], [false, 1])
  t.regex(priceless.output, /say what a seat costs, such as --price 5000EUR for 50\.00 EUR/)
  const unknown = '019a0000-0000-7000-8000-00000000ffff'
  const missing = await runImportOf('house.json', smallPlan, '--price', '1EUR', '--event', unknown)
  t.deepEqual([missing.allStored, missing.lines.length], [false, 1])
})

test.serial('a system that does not answer ends the command in one clear message', async (t) => {
  const files = await writeSources({ 'event.json': discoveryEvent('unreachable') })
  const { code, output } = await runImportCommand([files['event.json']], { NATS_URL: 'nats://127.0.0.1:9' })
  t.is(code, 1)
  t.regex(output, /^\s*No message server answers at nats:\/\/127\.0\.0\.1:9[^\n]*\n$/)
})

testWithRealData('the nine real catalogues are stored whole, and the second time nothing changes', async (t) => {
  const files = realFiles('ticketmaster-discovery')
  const first = await runImport(files)
  t.true(first.allStored)
  t.is(first.lines.length, 10)
  const counts = 'no time 12, no venue 5, no price 211, several prices 20, no tz 40'
  t.true(first.lines.at(-1)?.startsWith(`total: read 362, stored 362, changed 0, unchanged 0, ${counts}`))
  const second = await runImport(files)
  t.true(second.lines.at(-1)?.startsWith(`total: read 362, stored 0, changed 0, unchanged 362, ${counts}`))
})

testWithRealData('a real arena goes on sale with 15,247 seats, and its 1,071 GA tickets', async (t) => {
  const file = realFile('seating-plans/tm-geometry-td-garden-boston.json')
  const { allStored, output } = await runImport([file, '--price', '5000EUR', '--on-sale', 'now'])
  t.true(allStored)
  t.regex(output, /15,247 seats in 61 sections, 1,071 GA tickets in 3 areas$/m)
  t.regex(output, /^ *15,247 seats and 1,071 GA tickets at /m)
  const [, id = ''] = /event ([0-9a-f-]{36})/.exec(output) ?? []
  const states = await askWorker(bus, viewSeatStates, { event_id: id })
  t.is(states.available, 15_247)
  t.is(sumOf(states.areas.map(({ available }) => available)), 1_071)
  const { areas } = await askWorker(bus, viewEvent, { event_id: id })
  t.is(sumOf(areas.map(({ capacity }) => capacity)), 1_071)
})
