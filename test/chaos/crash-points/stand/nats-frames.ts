/** One operation of NATS' protocol, as it travels: `PUB subject reply 2\r\nhi\r\n`. */
export interface NatsFrame {
  readonly verb: string
  /** '' for operations that carry no message. */
  readonly subject: string
  /** Where the answer is to go; '' when none is wanted. */
  readonly replyTo: string
  readonly bytes: Buffer
}

/** More than the largest message that a server takes. */
const maxFrameBytes = 8 * 1024 * 1024

/** How many words a message's first line has when it names no reply subject. */
const wordsWithoutReply: Readonly<Record<string, number>> = { PUB: 3, HPUB: 4, MSG: 4, HMSG: 5 }

/** Cuts one direction of a connection into operations; what has not fully arrived waits for the rest. */
export class NatsFrames {
  #rest: Buffer = Buffer.alloc(0)

  /** Throws `RangeError` for what cannot be NATS. */
  push(chunk: Buffer): NatsFrame[] {
    this.#rest = Buffer.concat([this.#rest, chunk])
    if (this.#rest.length > maxFrameBytes) throw new RangeError('a NATS operation has no end')
    const frames: NatsFrame[] = []
    for (let frame = this.#next(); frame !== undefined; frame = this.#next()) frames.push(frame)
    return frames
  }

  #next(): NatsFrame | undefined {
    const lineEnd = this.#rest.indexOf('\r\n')
    if (lineEnd < 0) return undefined
    const words = this.#rest.toString('latin1', 0, lineEnd).split(/\s+/)
    const verb = (words[0] ?? '').toUpperCase()
    const plainWords = wordsWithoutReply[verb]
    // A message is followed by so many bytes, headers included, and another line end.
    const length = lineEnd + 2 + (plainWords === undefined ? 0 : Number(words.at(-1)) + 2)
    if (this.#rest.length < length) return undefined
    const bytes = this.#rest.subarray(0, length)
    this.#rest = this.#rest.subarray(length)
    if (plainWords === undefined) return { verb, subject: '', replyTo: '', bytes }
    const sizes = verb.startsWith('H') ? 2 : 1
    const replyTo = words.length > plainWords ? (words.at(-1 - sizes) ?? '') : ''
    return { verb, subject: words[1] ?? '', replyTo, bytes }
  }
}
