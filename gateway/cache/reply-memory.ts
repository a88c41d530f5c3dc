import { LRUCache } from 'lru-cache'
import type { SharedReply } from './shared-reply.ts'

/** For all replies of one gateway together. */
const maxBytes = 64 * 1024 * 1024

/** What one reply may take of that; a larger one is not kept, here or in Redis. */
const maxBytesOfOne = 16 * 1024 * 1024

/** Beside the body: key, headers, and what the runtime needs for each entry. */
const overheadBytes = 2_048

/** The replies that this gateway holds ready in its own memory, as many as have room; the least used make way. */
export type ReplyMemory = LRUCache<string, SharedReply>

export function createReplyMemory(): ReplyMemory {
  return new LRUCache({
    maxSize: maxBytes,
    maxEntrySize: maxBytesOfOne,
    // As it lies in Redis, as text, and both again compressed, which is not always much less.
    sizeCalculation: ({ body }) => overheadBytes + body.byteLength * 4,
  })
}
