import { SignJWT } from 'jose'
import { signReceipt as contract, receiptType } from '#shared/contracts/draw.ts'
import type { Postgres } from '#shared/database/postgres.ts'
import { commitmentOf, drawPageSize, inclusionProof, leafAt, nodesOf, numberAt } from '#shared/draw.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { noDraw, signingKeyOf } from '../draw-view.ts'
import { type Draw, type DrawPage, findDraw, findPage, readPageRoots } from '../store/draws.ts'

/** The gateway has checked to whom the place belongs. */
export function signReceipt({ postgres }: { postgres: Postgres }): Operation {
  return operation(contract, async ({ event_id, index, leaf, takes_part }) => {
    const draw = await findDraw(postgres, event_id)
    if (draw === undefined) throw noDraw()
    // After the root is published, only the roll decides who takes part.
    const page = draw.root === null ? undefined : await findPage(postgres, event_id, Math.floor(index / drawPageSize))
    const proof = page && (await proofIn(postgres, page, { event_id, index, leaf }))
    const claims = {
      event: event_id,
      index,
      leaf,
      commitment: commitmentOf(draw.secret).toString('hex'),
      beacon: draw.beaconSource,
      ...(draw.root === null
        ? { takes_part }
        : { takes_part: proof !== undefined, root: draw.root.toString('hex'), count: draw.count, proof }),
      ...(draw.seed !== null && { number: numberIn(draw, page, index) }),
    }
    const receipt = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'EdDSA', typ: receiptType })
      .setIssuedAt()
      .sign(signingKeyOf(draw))
    return { receipt }
  })
}

/** The proof within the page, then over the pages. None if the roll has no leaf or another leaf at this index. */
async function proofIn(
  postgres: Postgres,
  { leaves }: DrawPage,
  { event_id, index, leaf }: { event_id: string; index: number; leaf: string },
): Promise<string[] | undefined> {
  const at = index % drawPageSize
  if (leafAt(leaves, at)?.toString('hex') !== leaf) return undefined
  const roots = (await readPageRoots(postgres, event_id)).map(({ root }) => root)
  const proof = [...inclusionProof(nodesOf(leaves), at), ...inclusionProof(roots, Math.floor(index / drawPageSize))]
  return proof.map((node) => node.toString('hex'))
}

/** The number of a place; after the closing it follows from the arrival index. */
function numberIn({ count }: Draw, page: DrawPage | undefined, index: number): number {
  const ranks = page?.ranks ?? null
  if (ranks === null || index >= (count ?? 0)) return index + 1
  return numberAt(ranks, index % drawPageSize)
}
