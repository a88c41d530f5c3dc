import { hash } from 'node:crypto'
import { gzipped, minCompressBytes } from '../http/gzip.ts'
import type { CallTime } from './freshness.ts'

/** Up to this size a body that is sent again is kept as text, too: Node sends a text and its head in one write, a buffer in a second. */
const maxTextBytes = 16_384

/** A body in one encoding, with the headers that describe it. */
export class Representation {
  /** Strong, another one for each encoding. */
  readonly etag: string
  readonly headers: readonly string[]
  readonly #bytes: Buffer
  #text: string | null = null
  #isSent = false

  constructor(
    bytes: Buffer,
    { etag, link, type }: { etag: string; link: string | null; type: string },
    encoding?: 'gzip',
  ) {
    this.etag = etag
    const encodingHeaders = encoding === undefined ? [] : ['Content-Encoding', encoding]
    const length = String(bytes.byteLength)
    const linkHeaders = link === null ? [] : ['Link', link]
    const ownHeaders = [...encodingHeaders, ...linkHeaders]
    this.headers = ['Content-Type', type, 'Content-Length', length, ...ownHeaders]
    this.#bytes = bytes
  }

  /** The body to send: its bytes the first time, because most replies are sent once; then text of one byte a character. */
  get body(): Buffer | string {
    if (this.#text !== null) return this.#text
    if (this.#isSent && this.#bytes.byteLength <= maxTextBytes) this.#text = this.#bytes.toString('latin1')
    this.#isSent = true
    return this.#text ?? this.#bytes
  }
}

/** What a worker answered, or a page that is made of such answers. */
export interface WorkerReply {
  readonly body: Uint8Array
  /** Default: JSON. */
  readonly type?: string
  /** The replies that a page is made of: it is as old as the oldest of them. */
  readonly madeOf?: readonly CallTime[]
  /** Number of the snapshot that the body shows: it includes every write whose `seq` is not higher. */
  readonly seq?: string | null
  /** The `Link` to the next page. */
  readonly link?: string | null | undefined
}

/** What is known of a body, as JSON in the first line of the stored form. */
interface StoredHead extends CallTime {
  readonly etag: string
  readonly type: string
  readonly seq: string | null
  readonly link: string | null
}

const jsonType = 'application/json; charset=utf-8'

/** A reply of a worker, ready to be sent. In memory and in Redis it has one form: a line of JSON, then the body as it came. */
export class CachedReply implements CallTime {
  readonly calledAt: number
  readonly position: CallTime['position']
  readonly seq: bigint | null
  readonly stored: Buffer
  readonly body: Buffer
  readonly plain: Representation
  readonly #etag: string
  readonly #link: string | null
  readonly #type: string
  #compressed: Promise<Representation> | null = null

  private constructor({ calledAt, position, etag, type, seq, link }: StoredHead, stored: Buffer, bodyAt: number) {
    this.calledAt = calledAt
    this.position = position
    this.seq = seq === null ? null : BigInt(seq)
    this.stored = stored
    this.body = stored.subarray(bodyAt)
    this.#etag = etag
    this.#link = link
    this.#type = type
    this.plain = new Representation(this.body, { etag: `"${etag}"`, link, type })
  }

  /** Copies the body: the message that it is a part of is not kept. */
  static from(
    { body, type = jsonType, seq = null, link = null, madeOf = [] }: WorkerReply,
    callTime: CallTime,
  ): CachedReply {
    const { calledAt, position } = oldestOf([callTime, ...madeOf])
    const head: StoredHead = { calledAt, position, etag: hash('sha1', body, 'base64url'), type, seq, link }
    const line = Buffer.from(`${JSON.stringify(head)}\n`)
    return new CachedReply(head, copyOf(line, body), line.byteLength)
  }

  /** Reads `stored` of another reply. Throws when it is anything else. */
  static parse(bytes: Buffer): CachedReply {
    const bodyAt = bytes.indexOf('\n') + 1
    const head = JSON.parse(bytes.toString('utf8', 0, bodyAt)) as StoredHead
    // ETag and Link go into headers, the position into comparisons.
    if (typeof head.etag !== 'string' || !/^[\w-]+$/.test(head.etag)) throw new Error('a stored reply has no ETag')
    if (head.link !== null && !/^<\?[!-~]*>; rel="next"$/.test(head.link)) throw new Error('a stored reply has no Link')
    if (typeof head.type !== 'string' || !/^[\w/+;=. -]+$/.test(head.type))
      throw new Error('a stored reply has no type')
    if (typeof head.position !== 'object') throw new Error('a stored reply has no position')
    return new CachedReply(head, copyOf(bytes), bodyAt)
  }

  /** The gzip form where it is smaller, else the plain one; made once, for all who wait. */
  compressed(): Representation | Promise<Representation> {
    if (this.body.byteLength < minCompressBytes) return this.plain
    this.#compressed ??= gzipped(this.body).then((bytes) =>
      bytes === undefined
        ? this.plain
        : new Representation(bytes, { etag: `"${this.#etag}-gz"`, link: this.#link, type: this.#type }, 'gzip'),
    )
    return this.#compressed
  }
}

/** The age and position of the oldest, each for itself: what is made of several replies is as old as any of them. */
function oldestOf(callTimes: readonly [CallTime, ...CallTime[]]): CallTime {
  const calledAt = Math.min(...callTimes.map((time) => time.calledAt))
  const positions = callTimes.map((time) => time.position)
  const [first] = positions
  // Numbers of two streams cannot be compared; null counts as the oldest.
  const position = positions.reduce<CallTime['position']>(
    (oldest, next) =>
      oldest === null || next === null || oldest.stream !== next.stream
        ? null
        : next.sequence < oldest.sequence
          ? next
          : oldest,
    first ?? null,
  )
  return { calledAt, position }
}

/** One copy in memory of its own: small buffers share a pool, all of which one of them would keep. */
function copyOf(...parts: readonly Uint8Array[]): Buffer {
  const copy = Buffer.allocUnsafeSlow(parts.reduce((sum, { byteLength }) => sum + byteLength, 0))
  let at = 0
  for (const part of parts) {
    copy.set(part, at)
    at += part.byteLength
  }
  return copy
}
