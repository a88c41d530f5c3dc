import { createPublicKey } from 'node:crypto'
import { jwtVerify } from 'jose'
import { z } from 'zod'
import { receiptClaims, receiptType } from '#shared/contracts/draw.ts'
import { commitmentOf, drawNumbers, leafAt, leafBytes, merkleRoot, nodesOf, rootOfProof, seedOf } from '#shared/draw.ts'
import type { PublishedDraw } from './read-draw.ts'

/** One thing that was checked. `wrong`: what is not as it must be. */
export interface Finding {
  readonly checked: string
  readonly wrong: string | undefined
}

/** A receipt by the name of its file. */
export interface NamedReceipt {
  readonly name: string
  readonly text: string
}

/** Checks all that a draw published against each other, and receipts and the journal of admissions against it. */
export async function verifyDraw(published: PublishedDraw, receipts: readonly NamedReceipt[] = []): Promise<Finding[]> {
  const { draw, roll, numbers } = published
  const secret = bytesOf(draw.secret)
  const root = bytesOf(draw.root)
  const places = roll.length / leafBytes
  const entrants = nodesOf(roll).filter((_, index) => leafAt(roll, index) !== undefined).length
  const seed = seedOf({ secret, root, beacon: draw.beacon?.value ?? '' })
  const drawn = await drawNumbers(seed, roll)
  const misplaced = drawn.findIndex((number, index) => numbers[index] !== number)
  const findings = [
    finding(
      'the secret is the one that was committed to',
      commitmentOf(secret).toString('hex') !== draw.commitment && 'SHA-256 of the secret is not the commitment',
    ),
    finding(
      `the roll has ${places} places and ${entrants} entrants, and its root is the published one`,
      (places !== draw.count && `the document says ${draw.count} places`) ||
        (entrants !== draw.entrants && `the document says ${draw.entrants} entrants`) ||
        (!merkleRoot(nodesOf(roll)).equals(root) && 'the Merkle root of the roll is another one'),
    ),
    finding(beaconName(published), beaconFault(published)),
    finding(
      'the seed follows from secret, root and beacon',
      seed.toString('hex') !== draw.seed && `the seed must be ${seed.toString('hex')}`,
    ),
    finding(
      'every place has the number that follows from the seed',
      (numbers.length !== places && `${numbers.length} numbers for ${places} places`) ||
        (misplaced !== -1 && `the place with index ${misplaced} must have number ${drawn[misplaced]}`),
    ),
    finding(`the journal of ${published.admissions.length} admissions keeps to the order`, journalFault(published)),
  ]
  for (const { name, text } of receipts) {
    findings.push(finding(`receipt ${name}`, await receiptFault(published, text)))
  }
  return findings
}

function finding(checked: string, wrong: string | false | undefined): Finding {
  return { checked, wrong: wrong === false ? undefined : wrong }
}

function beaconName({ draw: { beacon } }: PublishedDraw): string {
  return beacon === null ? 'the draw has no beacon' : `the beacon (${beacon.source}) is later than the root`
}

function beaconFault({ draw: { beacon, closed_at } }: PublishedDraw): string | undefined {
  if (beacon === null) return undefined
  if (beacon.value === null || beacon.published_at === null || closed_at === null) return 'it has no value'
  return Date.parse(beacon.published_at) > Date.parse(closed_at) ? undefined : 'it was public before the root'
}

/** Nobody has a pass whose number was above `serving`, which never goes back; and no number has two. */
function journalFault({ draw, admissions, serving }: PublishedDraw): string | undefined {
  const admitted = new Set<number>()
  let before = 0
  for (const { number, admitted_at, serving: servingThen } of admissions) {
    if (number < 1 || number > servingThen) return `number ${number} was admitted while ${servingThen} was served`
    if (servingThen < before) return `serving went back from ${before} to ${servingThen}`
    if (admitted.has(number)) return `number ${number} was admitted twice`
    if (Date.parse(admitted_at) < Date.parse(draw.closes_at))
      return `number ${number} was admitted before the pre-queue closed`
    admitted.add(number)
    before = servingThen
  }
  if (serving !== undefined && before > serving) return `the journal has reached ${before}, the queue ${serving}`
  return undefined
}

async function receiptFault({ draw, roll, numbers }: PublishedDraw, text: string): Promise<string | undefined> {
  const key = createPublicKey({ key: draw.receipt_key, format: 'jwk' })
  const claims = await jwtVerify(text, key, { algorithms: ['EdDSA'], typ: receiptType })
    .then(({ payload }) => receiptClaims.parse(payload))
    .catch(() => undefined)
  if (claims === undefined) return 'its signature is not valid for this draw'
  const { index, proof } = claims
  if (claims.event !== draw.event_id) return `it is of event ${claims.event}`
  if (claims.commitment !== draw.commitment) return 'it names another commitment'
  if (claims.beacon !== (draw.beacon?.source ?? null)) return `it names another beacon: ${claims.beacon ?? 'none'}`
  if (claims.root !== undefined && claims.root !== draw.root) return `it names another root: ${claims.root}`
  const isIn = leafAt(roll, index)?.toString('hex') === claims.leaf
  if (!isIn && claims.takes_part === false) return undefined
  if (!isIn) return `the roll does not have its leaf at index ${index}: the place was left out, or lost`
  if (proof !== undefined) {
    const nodes = proof.map((node) => Buffer.from(node, 'hex'))
    const leads = rootOfProof(bytesOf(claims.leaf), { index, count: claims.count ?? 0, proof: nodes })
    if (leads?.toString('hex') !== draw.root) return 'its proof does not lead to the root'
  }
  if (claims.number !== undefined && claims.number !== numbers[index]) {
    return `it says number ${claims.number}, the draw ${numbers[index]}`
  }
  return undefined
}

function bytesOf(digest: string | null): Buffer {
  return Buffer.from(digest ?? '', 'hex')
}

/** A receipt as a file has it: as the gateway answered, or alone. */
export function receiptIn(content: string): string {
  try {
    return z.object({ receipt: z.string() }).parse(JSON.parse(content)).receipt
  } catch {
    return content.trim()
  }
}
