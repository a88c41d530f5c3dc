/** A position in the log: `0/5A3F2B8`. */
export type Lsn = string

/** A finished file of the log, or one that is still being written. */
const walFile = /^([0-9A-F]{24})(\.partial)?$/
const bytesPerHighPart = 1n << 32n
/** The last record of a finished file may go on in the next one and be cut off there; it is no longer than this. */
const longestRecord = 1n << 20n

/** The file of the log that holds a position. */
export function walFileName({
  timeline,
  lsn,
  segmentBytes,
}: {
  timeline: number
  lsn: Lsn
  segmentBytes: number
}): string {
  const segment = bytesUntil(lsn) / BigInt(segmentBytes)
  const perHigh = bytesPerHighPart / BigInt(segmentBytes)
  const parts = [BigInt(timeline), segment / perHigh, segment % perHigh]
  return parts.map((part) => part.toString(16).toUpperCase().padStart(8, '0')).join('')
}

/** Those that no recovery needs which begins at `first`, whatever their timeline. */
export function walBefore(names: readonly string[], first: string): string[] {
  return names.filter((name) => walFile.test(name) && positionIn(name) < positionIn(first))
}

/** Finished ones that were not replayed to their end by a recovery that came as far as `lsn`. */
export function notReplayed(
  names: readonly string[],
  { lsn, segmentBytes }: { lsn: Lsn; segmentBytes: number },
): string[] {
  const finished = names.filter((name) => walFile.test(name) && name === restorableName(name))
  return finished.filter((name) => endOf(name, segmentBytes) - longestRecord > bytesUntil(lsn)).sort()
}

/** The name under which PostgreSQL asks for a file: one that was being written is as good as it goes. */
export function restorableName(name: string): string {
  return name.replace(/\.partial$/, '')
}

function bytesUntil(lsn: Lsn): bigint {
  const [high = '', low = ''] = lsn.split('/')
  return BigInt(`0x${high}`) * bytesPerHighPart + BigInt(`0x${low}`)
}

/** The position behind the last byte of a file. */
function endOf(name: string, segmentBytes: number): bigint {
  const [high, low] = [name.slice(8, 16), name.slice(16, 24)]
  return BigInt(`0x${high}`) * bytesPerHighPart + (BigInt(`0x${low}`) + 1n) * BigInt(segmentBytes)
}

/** Without the timeline. */
function positionIn(name: string): string {
  return name.slice(8, 24)
}
