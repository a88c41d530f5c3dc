import type { FactPosition } from './stream.ts'

/** A position for clients: `<when the stream was made, base 36>-<number of the fact>`. */
export function writePosition({ stream, sequence }: FactPosition): string {
  return `${nameOf(stream)}-${sequence}`
}

/** The number of the fact in a position that clients sent; null for a malformed one and one of another stream. */
export function sequenceIn(position: string, { stream }: Pick<FactPosition, 'stream'>): number | null {
  const [, name, sequence] = /^([0-9a-z]{1,12})-(\d{1,15})$/.exec(position) ?? []
  return name === nameOf(stream) ? Number(sequence) : null
}

/** Milliseconds suffice: nobody makes two streams of one name within one. */
function nameOf(stream: string): string {
  return Date.parse(stream).toString(36)
}
