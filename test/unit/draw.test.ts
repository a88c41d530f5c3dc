import test from 'ava'
import { drawNumbers, drawPageSize, inclusionProof, leafOf, merkleRoot, rootOfProof } from '#shared/draw.ts'
import type { PublishedDraw } from '../../infra/ops/draw/read-draw.ts'
import { type NamedReceipt, receiptIn, verifyDraw } from '../../infra/ops/draw/verify-draw.ts'
import { drawnOf, plainRoot, rootByPages } from '../support/drawn.ts'

async function wrongOf(published: PublishedDraw, receipts: readonly NamedReceipt[] = []): Promise<string[]> {
  const findings = await verifyDraw(published, receipts)
  return findings.flatMap(({ checked, wrong }) => (wrong === undefined ? [] : [`${checked}: ${wrong}`]))
}

test('a draw that keeps to the rules is found right, with holes, receipts and beacon, and without', async (t) => {
  for (const [count, options] of [
    [0, {}],
    [1, {}],
    [3, { holes: [1] }],
    [300, { holes: [7, 8, 299], beacon: null }],
  ] as const) {
    const { published, receiptOf } = drawnOf(count, options)
    const receipts = count === 0 ? [] : [{ name: 'first', text: await receiptOf(0) }]
    t.deepEqual(await wrongOf(published, receipts), [], `${count} places`)
  }
})

test('places that take part get different numbers, and holes the last ones', async (t) => {
  const { published } = drawnOf(2_000, { holes: [0, 1_500] })
  const seed = Buffer.from(published.draw.seed ?? '', 'hex')
  const numbers = [...(await drawNumbers(seed, published.roll))]
  t.is(numbers.toSorted((a, b) => a - b).join(), numbers.map((_, index) => index + 1).join())
  t.deepEqual([numbers[0], numbers[1_500]], [1_999, 2_000])
})

test('the root of a roll is that of RFC 6962, also by pages, and every proof leads to it and from no other leaf', (t) => {
  for (const count of [1, 2, 3, 7, 8, 33, drawPageSize, drawPageSize + 1, 2 * drawPageSize + 5]) {
    const leaves = Array.from({ length: count }, (_, index) => leafOf(`place ${index}`))
    const root = plainRoot(leaves)
    t.deepEqual(merkleRoot(leaves), root)
    t.deepEqual(rootByPages(Buffer.concat(leaves)), root)
    for (const index of count < 40 ? leaves.keys() : [0, 1, count - 2, count - 1]) {
      const proof = inclusionProof(leaves, index)
      const leaf = leaves[index] ?? Buffer.alloc(0)
      t.deepEqual(rootOfProof(leaf, { index, count, proof }), root)
      t.notDeepEqual(rootOfProof(leafOf('another'), { index, count, proof }), root)
      t.is(rootOfProof(leaf, { index, count, proof: [...proof, leaf] }), undefined)
    }
  }
})

/** The text with the lowest bit of the character at a place changed; of a hexadecimal digit another one. */
function bitChanged(text: string, at: number): string {
  const digit = Number.parseInt(text[at] ?? '0', 16)
  return `${text.slice(0, at)}${(digit ^ 1).toString(16)}${text.slice(at + 1)}`
}

test('one changed bit in any input of a draw is found', async (t) => {
  const { published } = drawnOf(100, { holes: [50] })
  const { draw, roll, numbers, admissions } = published
  const changed: [string, PublishedDraw][] = []
  for (const member of ['commitment', 'root', 'secret', 'seed'] as const) {
    for (const at of [0, 31, 63]) {
      changed.push([member, { ...published, draw: { ...draw, [member]: bitChanged(draw[member] ?? '', at) } }])
    }
  }
  for (const member of ['count', 'entrants'] as const) {
    changed.push([member, { ...published, draw: { ...draw, [member]: (draw[member] ?? 0) ^ 1 } }])
  }
  const { beacon } = draw
  if (beacon !== null) {
    changed.push(['beacon', { ...published, draw: { ...draw, beacon: { ...beacon, value: 'drawn from a hau' } } }])
    const published_at = '2027-01-15T10:00:01.000Z'
    changed.push(['time of the beacon', { ...published, draw: { ...draw, beacon: { ...beacon, published_at } } }])
  }
  for (let bit = 0; bit < roll.length * 8; bit += 797) {
    const other = Buffer.from(roll)
    other.writeUInt8(roll.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
    changed.push([`bit ${bit} of the roll`, { ...published, roll: other }])
  }
  for (let bit = 0; bit < 32; bit += 1) {
    const other = numbers.with(bit, (numbers[bit] ?? 0) ^ (1 << bit))
    changed.push([`bit ${bit} of a number`, { ...published, numbers: other }])
  }
  for (const [at, admission] of admissions.entries()) {
    const number = admissions.with(at, { ...admission, number: admission.number ^ 1 })
    changed.push([`number of admission ${at}`, { ...published, admissions: number }])
    const serving = admissions.with(at, { ...admission, serving: admission.serving ^ 128 })
    changed.push([`serving at admission ${at}`, { ...published, admissions: serving }])
  }
  for (const [name, other] of changed) t.true((await wrongOf(other)).length > 0, name)
})

test('one changed bit in a receipt is found, and a receipt that the draw does not keep', async (t) => {
  const { published, receiptOf } = drawnOf(100)
  const good = await receiptOf(4)
  t.deepEqual(await wrongOf(published, [{ name: 'mine', text: receiptIn(JSON.stringify({ receipt: good })) }]), [])
  const [head = '', body = '', signature = ''] = good.split('.')
  const flip = (part: string): string => {
    const bytes = Buffer.from(part, 'base64url')
    bytes.writeUInt8(bytes.readUInt8(9) ^ 1, 9)
    return bytes.toString('base64url')
  }
  const { draw } = published
  const bad: [string, string][] = [
    ['signature is not valid', [flip(head), body, signature].join('.')],
    ['signature is not valid', [head, flip(body), signature].join('.')],
    ['signature is not valid', [head, body, flip(signature)].join('.')],
    ['signature is not valid', await drawnOf(100).receiptOf(4)],
    ['signature is not valid', 'nonsense'],
    ['of event', await receiptOf(4, { event: '019a0000-0000-7000-8000-000000000003' })],
    ['another commitment', await receiptOf(4, { commitment: draw.root })],
    ['another root', await receiptOf(4, { root: draw.commitment })],
    ['another beacon', await receiptOf(4, { beacon: null })],
    ['number', await receiptOf(4, { number: 101 })],
    ['proof', await receiptOf(4, { proof: [draw.commitment] })],
  ]
  for (const [what, text] of bad) {
    const [wrong = '', ...more] = await wrongOf(published, [{ name: 'mine', text }])
    t.true(wrong.includes(what), `${what}: ${wrong}`)
    t.deepEqual(more, [])
  }
})

test('a place whose receipt was given before the closing, and that was left out of the roll, is found', async (t) => {
  const { published, receiptOf } = drawnOf(100, { holes: [20] })
  const early = { leaf: leafOf('left out').toString('hex'), root: undefined, count: undefined, proof: undefined }
  for (const index of [20, 21, 100, 5_000]) {
    const text = await receiptOf(index, { ...early, number: undefined })
    const [wrong = ''] = await wrongOf(published, [{ name: 'mine', text }])
    t.regex(wrong, /left out/, `index ${index}`)
  }
})

test('whether a place takes part, its receipt says, and not the clock of who signed it', async (t) => {
  const { published, receiptOf } = drawnOf(100)
  const absent = { leaf: leafOf('came later').toString('hex'), proof: undefined, number: undefined }
  const [early, late] = [published.draw.closes_at, '2027-01-15T10:00:00.900Z'].map((at) => Date.parse(at) / 1_000)
  for (const iat of [Math.floor(early ?? 0) - 1, Math.floor(late ?? 0)]) {
    const wrongFor = async (takes_part: boolean) =>
      wrongOf(published, [{ name: 'mine', text: await receiptOf(100, { ...absent, takes_part, iat }) }])
    t.deepEqual(await wrongFor(false), [])
    t.regex((await wrongFor(true)).join(), /left out/)
  }
})
