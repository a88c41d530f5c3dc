/** This many buyers of one area are served at once without waiting for each other. */
const maxShards = 8
/** A smaller shard would soon have too few places for one purchase, and the last places would have to be searched in all shards. */
const minPlaces = 10

/** The capacities of an area's shards. */
export function shardCapacities(capacity: number): number[] {
  const shards = Math.min(maxShards, Math.max(1, Math.floor(capacity / minPlaces)))
  const extra = capacity % shards
  return Array.from({ length: shards }, (_, shard) => Math.floor(capacity / shards) + (shard < extra ? 1 : 0))
}
