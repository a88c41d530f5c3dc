import type { HeldShard, Shard } from '../store/areas.ts'

/** Takes `qty` places from as few shards as possible, emptiest first; `null` if all shards together have too few. */
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
