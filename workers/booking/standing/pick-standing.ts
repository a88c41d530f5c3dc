import type { Database } from '#shared/database/postgres.ts'
import { invalidRequest, type TicketingError } from '#shared/errors.ts'
import type { Key } from '#shared/ids.ts'
import {
  type Area,
  findAreas,
  type HeldShard,
  hasAnyPlaceLeft,
  lockAllShards,
  lockRoomyShard,
  lockShardWithRoom,
  type Shard,
  viewShards,
} from '../store/areas.ts'
import { keepingLocksOfSuccess } from '../store/savepoint.ts'
import { tooFewLeft } from '../too-few-left.ts'

export interface WantedArea extends Area {
  readonly qty: number
}

/** Waits for single shards before all of them are waited for at once, which stops everybody else who wants the area. */
const maxWaits = 4

/** The wanted areas by ascending number. Throws `validation_failed` for names that the event does not have. */
export async function findWantedAreas(
  db: Database,
  eventId: string,
  wanted: readonly { readonly area: string; readonly qty: number }[],
): Promise<WantedArea[]> {
  if (wanted.length === 0) return []
  const areas = await findAreas(
    db,
    eventId,
    wanted.map(({ area }) => area),
  )
  const byName = new Map(areas.map((area) => [area.name, area]))
  const errors = wanted.flatMap(({ area }, index) =>
    byName.has(area) ? [] : [{ pointer: `/areas/${index}/area`, detail: 'is not an area of this event' }],
  )
  if (errors.length > 0) throw invalidRequest(errors)
  const qtyByName = new Map(wanted.map(({ area, qty }) => [area, qty]))
  return areas.map((area) => ({ ...area, qty: qtyByName.get(area.name) ?? 0 }))
}

/**
 * Locks so many places of each area inside the transaction that holds them; standing places of `ownHold` are given back
 * first. Throws `not_enough_left`, naming the area, only when all shards together have too few, and `sold_out` when the event has
 * no place left at all.
 */
export async function takeStanding(
  db: Database,
  { eventId, areas, ownHold }: { eventId: string; areas: readonly WantedArea[]; ownHold: Key | undefined },
): Promise<HeldShard[]> {
  if (ownHold !== undefined) return takeFromAllShards(db, { eventId, areas, ownHold })
  const taken: HeldShard[] = []
  for (const area of areas) taken.push(...(await takeFromArea(db, eventId, area)))
  return taken
}

async function takeFromArea(db: Database, eventId: string, area: WantedArea): Promise<HeldShard[]> {
  const { areaNo, qty, priceMinor } = area
  for (let waits = 0; ; waits++) {
    const shard = await lockRoomyShard(db, { eventId, areaNo, qty })
    if (shard !== undefined) return [{ areaNo, shard, qty, priceMinor }]
    const shards = await viewShards(db, { eventId, areaNo })
    const seen = shards.map(({ free, expired, held }) => ({ free: free + expired, held }))
    if (sumOf(seen, 'free') < qty) throw await tooFewInArea(db, eventId, { area, shards: seen })
    const roomy = shards.filter(({ free }) => free >= qty)
    const busy = roomy[Math.floor(Math.random() * roomy.length)]?.shard
    if (busy === undefined || waits === maxWaits)
      return takeFromAllShards(db, { eventId, areas: [area], ownHold: undefined })
    const roomLeft = await keepingLocksOfSuccess(db, () => lockShardWithRoom(db, { eventId, areaNo, shard: busy, qty }))
    if (roomLeft) return [{ areaNo, shard: busy, qty, priceMinor }]
  }
}

async function takeFromAllShards(
  db: Database,
  { eventId, areas, ownHold }: { eventId: string; areas: readonly WantedArea[]; ownHold: Key | undefined },
): Promise<HeldShard[]> {
  const areaNos = areas.map(({ areaNo }) => areaNo)
  const shards = await lockAllShards(db, { eventId, areaNos, ownHold })
  const taken: HeldShard[] = []
  for (const area of areas) {
    const ofArea = shards.filter(({ areaNo }) => areaNo === area.areaNo)
    const spread = spreadOver(ofArea, area)
    if (spread === null) throw await tooFewInArea(db, eventId, { area, shards: ofArea })
    taken.push(...spread)
  }
  return taken
}

/** `qty` places of as few shards as will do, the emptiest first; `null` when all have too few together. */
export function spreadOver(
  shards: readonly Shard[],
  { qty, priceMinor }: { readonly qty: number; readonly priceMinor: number },
): HeldShard[] | null {
  const taken: HeldShard[] = []
  let missing = qty
  for (const { areaNo, shard, free } of shards.toSorted((one, other) => other.free - one.free)) {
    const places = Math.min(free, missing)
    if (places > 0) taken.push({ areaNo, shard, qty: places, priceMinor })
    missing -= places
  }
  return missing === 0 ? taken : null
}

type Counted = Pick<Shard, 'free' | 'held'>

async function tooFewInArea(
  db: Database,
  eventId: string,
  { area, shards }: { area: WantedArea; shards: readonly Counted[] },
): Promise<TicketingError> {
  const free = sumOf(shards, 'free')
  const heldByOthers = sumOf(shards, 'held') > 0
  const anyOfEvent = free > 0 || heldByOthers || (await hasAnyPlaceLeft(db, eventId))
  return tooFewLeft({ free, heldByOthers, anyOfEvent }, area.name)
}

function sumOf(shards: readonly Counted[], count: keyof Counted): number {
  return shards.reduce((sum, shard) => sum + shard[count], 0)
}
