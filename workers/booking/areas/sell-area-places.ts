import type { Database } from '#shared/database/postgres.ts'
import type { Key } from '#shared/ids.ts'
import {
  countAsSold,
  findAreaItems,
  type HeldShard,
  lockAllShards,
  moveAreaItems,
  releaseAreaPlaces,
} from '../store/areas.ts'
import { keepLocksOnSuccess } from '../store/savepoint.ts'
import { spreadOver } from './spread-over.ts'

/**
 * Counts the GA places of a locked hold as sold, after its seats are locked. If others took places after the hold expired, looks for
 * replacements in the whole area; the hold's items then name the shards in which they were found. Returns whether there were enough. If
 * not, nothing has changed that ending the hold would not also change.
 */
export async function sellAreaPlaces(db: Database, hold: Key): Promise<boolean> {
  const items = await findAreaItems(db, hold)
  if (items.length === 0) return true
  const untouched = await keepLocksOnSuccess(db, async () => {
    const released = await releaseAreaPlaces(db, [hold], { passOver: false })
    return released === placesOf(items)
  })
  const places = untouched ? items : await findPlacesAgain(db, hold, items)
  if (places === null) return false
  await countAsSold(db, hold.eventId, places)
  return true
}

async function findPlacesAgain(db: Database, hold: Key, items: readonly HeldShard[]): Promise<HeldShard[] | null> {
  const areas = Map.groupBy(items, ({ areaNo }) => areaNo)
  const shards = await lockAllShards(db, { eventId: hold.eventId, areaNos: [...areas.keys()], ownHold: hold })
  const found: HeldShard[] = []
  for (const [areaNo, ofArea] of areas) {
    const wanted = { qty: placesOf(ofArea), priceMinor: ofArea[0]?.priceMinor ?? 0 }
    const spread = spreadOver(
      shards.filter((shard) => shard.areaNo === areaNo),
      wanted,
    )
    if (spread === null) return null
    found.push(...spread)
  }
  await moveAreaItems(db, hold, found)
  return found
}

function placesOf(items: readonly HeldShard[]): number {
  return items.reduce((sum, { qty }) => sum + qty, 0)
}
