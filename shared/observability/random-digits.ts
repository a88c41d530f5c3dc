import { randomFillSync } from 'node:crypto'

/** Filled 4 KB at a time and written by native code: 16 bytes take half as long as a UUID, and every request takes three of them. */
const pool = Buffer.alloc(4_096)
let used = pool.byteLength

/** So many random bytes, at most 4,096, as hexadecimal digits: for ids that are to differ. */
export function randomDigits(bytes: number): string {
  if (used + bytes > pool.byteLength) {
    randomFillSync(pool)
    used = 0
  }
  used += bytes
  return pool.toString('hex', used - bytes, used)
}
