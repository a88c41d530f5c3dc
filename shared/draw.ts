import { hash } from 'node:crypto'
import { setImmediate as immediate } from 'node:timers/promises'

/*
 * The computations of the draw, for those who hold it and those who verify it.
 *
 * A leaf is SHA-256(0x00 ‖ place id). The roll is the leaves in order of arrival, 32 bytes each, with zeros for a place without a leaf (a
 * hole). Its root is that of the Merkle tree of RFC 6962. The order is that of SHA-256(seed ‖ leaf), then of the leaf; holes come last.
 */

export const drawAlgorithm = 'ticketing-draw-1'
/** Places on a page of the roll and of the numbers. A power of two: a page is a subtree of the Merkle tree. */
export const drawPageSize = 1_024
/** Most places of a roll: 64 MB in Redis. */
export const maxRollPlaces = 2_000_000
export const leafBytes = 32

/** Places between two pauses for other work: 2 to 4 ms of hashing or sorting. */
const sliceSize = 1_000
/** Leaves that are sorted together. */
const bucketSize = 200

const noLeaf = Buffer.alloc(leafBytes)
const leafPrefix = Buffer.from([0])
const nodePrefix = Buffer.from([1])

function sha256(...parts: readonly Uint8Array[]): Buffer {
  return hash('sha256', Buffer.concat(parts), 'buffer')
}

/** The leaf of a place, by its id. */
export function leafOf(placeId: string): Buffer {
  return sha256(leafPrefix, Buffer.from(placeId))
}

/** Published before the draw; it binds the organiser to the secret. */
export function commitmentOf(secret: Buffer): Buffer {
  return sha256(secret)
}

/** The leaf at an index of a roll; undefined for a hole and after the end. */
export function leafAt(roll: Buffer, index: number): Buffer | undefined {
  const leaf = roll.subarray(index * leafBytes, (index + 1) * leafBytes)
  return leaf.length < leafBytes || leaf.equals(noLeaf) ? undefined : leaf
}

/** The leaves of a roll, or of a page of it, as nodes of the Merkle tree. */
export function nodesOf(roll: Buffer): Buffer[] {
  return Array.from({ length: roll.length / leafBytes }, (_, index) =>
    roll.subarray(index * leafBytes, (index + 1) * leafBytes),
  )
}

/** The root over nodes of one level. */
export function merkleRoot(nodes: readonly Buffer[]): Buffer {
  let level = nodes
  while (level.length > 1) level = parentsOf(level)
  return level[0] ?? sha256()
}

/** The proof from a node to the root over its level: the siblings, from below. */
export function inclusionProof(nodes: readonly Buffer[], index: number): Buffer[] {
  const proof: Buffer[] = []
  let level = nodes
  for (let at = index; level.length > 1; at = Math.floor(at / 2)) {
    const sibling = level[at % 2 === 0 ? at + 1 : at - 1]
    if (sibling !== undefined) proof.push(sibling)
    level = parentsOf(level)
  }
  return proof
}

/** The root to which a proof leads from a leaf; undefined for a proof of another length. */
export function rootOfProof(
  leaf: Buffer,
  { index, count, proof }: { index: number; count: number; proof: readonly Buffer[] },
): Buffer | undefined {
  let node = leaf
  let used = 0
  let at = index
  for (let width = count; width > 1; width = Math.ceil(width / 2)) {
    const isLeft = at % 2 === 0
    if (!isLeft || at + 1 < width) {
      const sibling = proof[used]
      if (sibling === undefined) return undefined
      node = isLeft ? parentOf(node, sibling) : parentOf(sibling, node)
      used += 1
    }
    at = Math.floor(at / 2)
  }
  return used === proof.length ? node : undefined
}

function parentsOf(level: readonly Buffer[]): Buffer[] {
  const parents: Buffer[] = []
  for (let at = 0; at < level.length; at += 2) {
    const left = level[at] as Buffer
    const right = level[at + 1]
    parents.push(right === undefined ? left : parentOf(left, right))
  }
  return parents
}

function parentOf(left: Buffer, right: Buffer): Buffer {
  return sha256(nodePrefix, left, right)
}

/** Numbers in stored form: four bytes each, the number minus one. */
export function packRanks(numbers: Iterable<number> & { readonly length: number }): Buffer {
  const ranks = Buffer.alloc(numbers.length * 4)
  let at = 0
  for (const number of numbers) at = ranks.writeUInt32BE(number - 1, at)
  return ranks
}

/** The number at an index of the result of `packRanks`. */
export function numberAt(ranks: Buffer, index: number): number {
  return ranks.readUInt32BE(index * 4) + 1
}

/** The seed, which decides the order. `beacon`: the public value, empty without one. */
export function seedOf({ secret, root, beacon }: { secret: Buffer; root: Buffer; beacon: string }): Buffer {
  return sha256(Buffer.from(drawAlgorithm), secret, root, Buffer.from(beacon))
}

/** The number of each place by its arrival index, from 1. Pauses for other work every few milliseconds. */
export async function drawNumbers(seed: Buffer, roll: Buffer): Promise<Uint32Array> {
  const count = roll.length / leafBytes
  const keys = Buffer.alloc(roll.length)
  // Keys are spread evenly: a bucket is a part of the order, small enough to sort without a pause.
  const buckets: number[][] = Array.from({ length: Math.ceil(count / bucketSize) }, () => [])
  const holes: number[] = []
  for (let index = 0; index < count; index += 1) {
    if (index % sliceSize === 0) await immediate()
    const leaf = leafAt(roll, index)
    if (leaf === undefined) {
      holes.push(index)
      continue
    }
    const key = sha256(seed, leaf)
    key.copy(keys, index * leafBytes)
    buckets[Math.floor((key.readUInt32BE(0) / 2 ** 32) * buckets.length)]?.push(index)
  }
  const compareIn = (texts: Buffer, a: number, b: number): number =>
    texts.compare(texts, b * leafBytes, (b + 1) * leafBytes, a * leafBytes, (a + 1) * leafBytes)
  const numbers = new Uint32Array(count)
  let number = 1
  for (const [at, bucket] of buckets.entries()) {
    if (at % (sliceSize / bucketSize) === 0) await immediate()
    bucket.sort((a, b) => compareIn(keys, a, b) || compareIn(roll, a, b))
    for (const index of bucket) {
      numbers[index] = number
      number += 1
    }
  }
  for (const index of holes) {
    numbers[index] = number
    number += 1
  }
  return numbers
}
