import { setImmediate as immediate } from 'node:timers/promises'
import { storeRoll as contract, pagesAtOnce } from '#shared/contracts/draw.ts'
import { drawPageSize, leafAt, leafBytes, merkleRoot, nodesOf } from '#shared/draw.ts'
import { invalidRequest } from '#shared/errors.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { WorkerParts } from '#shared/process/worker.ts'
import { drawNotOpen, noDraw } from '../draw-view.ts'
import { lockDraw, type RollPage, readPageRoots, writeCount, writeRollPages, writeRoot } from '../store/draws.ts'
import { hasPlaces } from '../store/waiting-rooms.ts'

/**
 * For this long after the closing an empty roll is refused if places were given out: gateways may use the wrong Redis, or one that lost its
 * data.
 */
const emptyRefusedMs = 60_000

/**
 * All gateways send the same roll, so it does not matter whose page comes first or how often. If Redis lost the roll in between, they
 * differ: the first count stands, and stored pages stay. A roll lost before that is empty; it is stored only if it is still empty after a
 * minute.
 */
export function storeRoll({ postgres, log }: Pick<WorkerParts, 'postgres' | 'log'>): Operation {
  return operation(contract, async ({ event_id, count, first_page, leaves }) => {
    const pages = await pagesOf(Buffer.from(leaves, 'base64'), first_page)
    return postgres.transaction(async (db) => {
      const draw = await lockDraw(db, event_id)
      if (draw === undefined) throw noDraw()
      if (!draw.isClosed) throw drawNotOpen('The pre-queue is still open.')
      const known = draw.count ?? count
      if (draw.root !== null) return { count: known, root: draw.root.toString('hex') }
      if (known !== count) return { count: known, root: null }
      const expected = Math.min(pagesAtOnce * drawPageSize, Math.max(0, count - first_page * drawPageSize))
      if (leaves.length !== 4 * Math.ceil((expected * leafBytes) / 3)) {
        throw invalidRequest([{ pointer: '/leaves', detail: `must be ${expected} leaves` }])
      }
      if (draw.count === null && count === 0 && (await hasPlaces(db, event_id))) {
        if (Date.now() < draw.closesAt.getTime() + emptyRefusedMs) {
          throw drawNotOpen('The roll is empty although places were given out: Redis has lost it.')
        }
        log.error({ event_id }, 'an empty roll was stored although places were given out')
      }
      if (draw.count === null) await writeCount(db, event_id, count)
      await writeRollPages(db, event_id, pages)
      const stored = await readPageRoots(db, event_id)
      if (stored.length < Math.ceil(count / drawPageSize)) return { count, root: null }
      const root = merkleRoot(stored.map((page) => page.root))
      await writeRoot(db, event_id, { root, entrants: stored.reduce((sum, { entrants }) => sum + entrants, 0) })
      return { count, root: root.toString('hex') }
    })
  })
}

/** Pages with the roots of their subtrees; each takes a few milliseconds to compute. */
async function pagesOf(leaves: Buffer, firstPage: number): Promise<RollPage[]> {
  const pageBytes = drawPageSize * leafBytes
  const pages: RollPage[] = []
  for (let at = 0; at < leaves.length; at += pageBytes) {
    await immediate()
    const ofPage = leaves.subarray(at, at + pageBytes)
    const nodes = nodesOf(ofPage)
    const entrants = nodes.filter((_, index) => leafAt(ofPage, index) !== undefined).length
    pages.push({ page: firstPage + pages.length, leaves: ofPage, entrants, root: merkleRoot(nodes) })
  }
  return pages
}
