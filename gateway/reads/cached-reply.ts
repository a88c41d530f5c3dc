import { hash } from 'node:crypto'
import { gzipped, minCompressBytes } from '../http/gzip.ts'
import type { CallTime } from './freshness.ts'

/**
 * Bodies up to this size are also cached as text after the first use: Node sends head and text in one write, but a buffer in a second one.
 */
const maxTextBytes = 16_384

/** A body in one encoding, with the headers that describe it. */
export class Representation {
  /** A strong ETag, different for each encoding. */
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

  /** The body to send: as bytes the first time, because most replies are sent once; after that as text with one byte per character. */
  get body(): Buffer | string {
    if (this.#text !== null) return this.#text
    if (this.#isSent && this.#bytes.byteLength <= maxTextBytes) this.#text = this.#bytes.toString('latin1')
    this.#isSent = true
    return this.#text ?? this.#bytes
  }
}

/** The reply of a worker, or a page made from such replies. */
export interface WorkerReply {
  readonly body: Uint8Array
  /** Default: JSON. */
  readonly type?: string
  /** The replies from which a page is made: its age is that of the oldest one. */
  readonly madeOf?: readonly CallTime[]
  /** Number of the snapshot in the body: it includes every write whose `seq` is not higher. */
  readonly seq?: string | null
  /** The `Link` to the next page. */
  readonly link?: string | null | undefined
}

/** What describes a body: the JSON in the first line of the stored form. */
interface StoredHead extends CallTime {
  readonly etag: string
  readonly type: string
  readonly seq: string | null
  readonly link: string | null
}

const jsonType = 'application/json; charset=utf-8'

/** A worker's reply, ready to be sent. In memory and in Redis it has the same form: a line of JSON, then the unchanged body. */
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

  /** Copies the body, so that the message around it can be freed. */
  static from(
    { body, type = jsonType, seq = null, link = null, madeOf = [] }: WorkerReply,
    callTime: CallTime,
  ): CachedReply {
    const { calledAt, position } = oldestOf([callTime, ...madeOf])
    const head: StoredHead = { calledAt, position, etag: hash('sha1', body, 'base64url'), type, seq, link }
    const line = Buffer.from(`${JSON.stringify(head)}\n`)
    return new CachedReply(head, copyOf(line, body), line.byteLength)
  }

  /** Reads `stored` of another `CachedReply`. Throws on anything else. */
  static parse(bytes: Buffer): CachedReply {
    const bodyAt = bytes.indexOf('\n') + 1
    const head = JSON.parse(bytes.toString('utf8', 0, bodyAt)) as StoredHead
    // ETag and Link become headers, and the position is compared, so all are checked.
    if (typeof head.etag !== 'string' || !/^[\w-]+$/.test(head.etag)) throw new Error('a stored reply has no ETag')
    if (head.link !== null && !/^<\?[!-~]*>; rel="next"$/.test(head.link)) throw new Error('a stored reply has no Link')
    if (typeof head.type !== 'string' || !/^[\w/+;=. -]+$/.test(head.type))
      throw new Error('a stored reply has no type')
    if (typeof head.position !== 'object') throw new Error('a stored reply has no position')
    return new CachedReply(head, copyOf(bytes), bodyAt)
  }

  /** The gzip form if it is smaller, else the plain one. Made once for all waiting readers. */
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

/** The lowest age and the lowest position, each on its own: a page made of several replies is as old as the oldest. */
function oldestOf(callTimes: readonly [CallTime, ...CallTime[]]): CallTime {
  const calledAt = Math.min(...callTimes.map((time) => time.calledAt))
  const positions = callTimes.map((time) => time.position)
  const [first] = positions
  // Positions of two streams cannot be compared. Null counts as the oldest.
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

/** A copy with its own memory: small buffers share a pool, and one of them would keep the whole pool alive. */
function copyOf(...parts: readonly Uint8Array[]): Buffer {
  const copy = Buffer.allocUnsafeSlow(parts.reduce((sum, { byteLength }) => sum + byteLength, 0))
  let at = 0
  for (const part of parts) {
    copy.set(part, at)
    at += part.byteLength
  }
  return copy
}
