/** So many buyers of one area are served at once without waiting for each other. */
const maxShards = 8
/** With fewer places a shard soon has too few for one purchase, and the last places have to be looked for in all shards. */
const minPlaces = 10

/** How the places of an area are spread over its shards. */
export function shardCapacities(capacity: number): number[] {
  const shards = Math.min(maxShards, Math.max(1, Math.floor(capacity / minPlaces)))
  const extra = capacity % shards
  return Array.from({ length: shards }, (_, shard) => Math.floor(capacity / shards) + (shard < extra ? 1 : 0))
}
