import { generateKeyPairSync, hash, type KeyObject } from 'node:crypto'
import { SignJWT } from 'jose'
import { drawPageSize, inclusionProof, leafAt, merkleRoot, nodesOf } from '#shared/draw.ts'
import type { PublishedDraw } from '../../infra/ops/draw/read-draw.ts'
import { randomNumbers } from '../../infra/random-numbers.ts'

/* A draw as the rules of the README say, written down once more: what it gives is compared with what the system gives. */

const sha256 = (...parts: Uint8Array[]): Buffer => hash('sha256', Buffer.concat(parts), 'buffer')

export interface Drawn {
  readonly published: PublishedDraw
  readonly receiptKey: KeyObject
  /** Signs a receipt of the place at an index. */
  receiptOf(index: number, claims?: Record<string, unknown>): Promise<string>
}

/** `holes`: indexes of places that have no leaf. All places but those of holes were admitted, in order. */
export function drawnOf(
  count: number,
  { holes = [] as readonly number[], beacon = 'none' as string | null } = {},
): Drawn {
  const random = randomNumbers(count + 1)
  const bytes = (length: number): Buffer => Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)))
  const secret = bytes(32)
  const leaves = Array.from({ length: count }, (_, index) => (holes.includes(index) ? Buffer.alloc(32) : bytes(32)))
  const roll = Buffer.concat(leaves)
  const root = plainRoot(leaves)
  const value = beacon === null ? '' : 'drawn from a hat'
  const seed = sha256(Buffer.from('ticketing-draw-1'), secret, root, Buffer.from(value))
  const present = leaves.map((_, index) => index).filter((index) => !holes.includes(index))
  const keys = new Map(present.map((index) => [index, sha256(seed, leaves[index] ?? Buffer.alloc(0)).toString('hex')]))
  const order = present.sort((a, b) => ((keys.get(a) ?? '') < (keys.get(b) ?? '') ? -1 : 1))
  const numbers: number[] = []
  for (const [rank, index] of [...order, ...holes].entries()) numbers[index] = rank + 1
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const { x = '' } = publicKey.export({ format: 'jwk' })
  const event_id = '019a0000-0000-7000-8000-000000000002'
  const draw: PublishedDraw['draw'] = {
    event_id,
    algorithm: 'ticketing-draw-1',
    joins_from: null,
    closes_at: '2027-01-15T10:00:00.000Z',
    opens_at: '2027-01-15T10:05:00.000Z',
    commitment: sha256(secret).toString('hex'),
    root: root.toString('hex'),
    count,
    entrants: order.length,
    is_drawn: true,
    bypassed: 0,
    beacon: beacon === null ? null : { source: beacon, value, published_at: '2027-01-15T10:01:00.000Z' },
    closed_at: '2027-01-15T10:00:01.000Z',
    drawn_at: '2027-01-15T10:05:01.000Z',
    secret: secret.toString('hex'),
    seed: seed.toString('hex'),
    page_size: drawPageSize,
    receipt_key: { kty: 'OKP', crv: 'Ed25519', x },
  }
  const admissions = order.map((_, at) => {
    return { number: at + 1, admitted_at: '2027-01-15T10:06:00.000Z', serving: at + 1 }
  })
  return {
    published: { draw, roll, numbers, admissions, serving: order.length },
    receiptKey: privateKey,
    receiptOf(index, claims = {}) {
      const leaf = leafAt(roll, index) ?? Buffer.alloc(32)
      return new SignJWT({
        ...{ event: event_id, index, leaf: leaf.toString('hex'), commitment: draw.commitment, beacon, root: draw.root },
        ...{ count, number: numbers[index] },
        proof: inclusionProof(nodesOf(roll), index).map((node) => node.toString('hex')),
        ...claims,
      })
        .setProtectedHeader({ alg: 'EdDSA', typ: 'queue-receipt+jwt' })
        .setIssuedAt(typeof claims['iat'] === 'number' ? claims['iat'] : new Date('2027-01-15T09:00:00.000Z'))
        .sign(privateKey)
    },
  }
}

/** As RFC 6962 has it: split at the largest power of two below the length. */
export function plainRoot(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves
  if (leaves.length === 0) return sha256()
  if (leaves.length === 1 && only !== undefined) return only
  const half = 2 ** Math.floor(Math.log2(leaves.length - 1))
  return sha256(Buffer.from([1]), plainRoot(leaves.slice(0, half)), plainRoot(leaves.slice(half)))
}

/** The root over the roots of pages, as the event worker computes it. */
export function rootByPages(roll: Buffer): Buffer {
  const nodes = nodesOf(roll)
  const pages = Array.from({ length: Math.ceil(nodes.length / drawPageSize) }, (_, page) =>
    merkleRoot(nodes.slice(page * drawPageSize, (page + 1) * drawPageSize)),
  )
  return merkleRoot(pages)
}
