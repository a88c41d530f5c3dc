import type { FactPosition } from './stream.ts'

/** A position for clients: `<creation time of the stream, base 36>-<sequence of the fact>`. */
export function writePosition({ stream, sequence }: FactPosition): string {
  return `${nameOf(stream)}-${sequence}`
}

/** The fact's sequence in a position sent by a client; null if it is malformed or of another stream. */
export function sequenceIn(position: string, { stream }: Pick<FactPosition, 'stream'>): number | null {
  const [, name, sequence] = /^([0-9a-z]{1,12})-(\d{1,15})$/.exec(position) ?? []
  return name === nameOf(stream) ? Number(sequence) : null
}

/** Milliseconds are enough: nobody creates two streams of one name within one. */
function nameOf(stream: string): string {
  return Date.parse(stream).toString(36)
}
