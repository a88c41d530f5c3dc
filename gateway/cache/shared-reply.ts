import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { HeaderLines } from '../header-lines.ts'
import type { Asked } from './freshness.ts'

const compress = promisify(gzip)

/** Below this many bytes the head of an answer is larger than what compression saves. */
const worthCompressingBytes = 1_024

/**
 * Up to this many bytes a body is kept as text in which each character is one byte: Node sends it and the head of the answer in one
 * piece, and a second piece costs about as much as all of Koa. Beyond it, copying the body would cost more.
 */
const inOnePieceBytes = 16_384

/** The body in one encoding, with what HTTP says of it. */
export class Representation {
  /** Strong, and another one for each encoding. */
  readonly etag: string
  /** What they say beside the ETag. */
  readonly headers: HeaderLines
  readonly #bytes: Buffer
  #text: string | null = null
  #isGiven = false

  constructor(bytes: Buffer, etag: string, headers: HeaderLines) {
    const { byteLength } = bytes
    this.etag = etag
    this.headers = `Content-Type: application/json; charset=utf-8\r\nContent-Length: ${byteLength}\r\n${headers}`
    this.#bytes = bytes
  }

  /** To be sent: bytes, or each byte as a character (`latin1`) from the second time on. Most are never given twice. */
  give(): Buffer | string {
    if (this.#text !== null) return this.#text
    const isGivenAgain = this.#isGiven
    this.#isGiven = true
    if (!isGivenAgain || this.#bytes.byteLength > inOnePieceBytes) return this.#bytes
    this.#text = this.#bytes.toString('latin1')
    return this.#text
  }
}

/** What a worker answered, finished for HTTP, so that giving it away once more is sending it. */
export class SharedReply implements Asked {
  readonly askedAt: number
  readonly position: Asked['position']
  readonly seq: bigint | null
  /** As it lies in Redis; see `stored-reply.ts`. */
  readonly stored: Buffer
  readonly body: Buffer
  readonly etag: string
  readonly plain: Representation
  #compressed: Representation | null = null
  #compressing: Promise<Representation> | null = null

  constructor({ askedAt, position, seq, stored, body, etag }: SharedReplyParts) {
    this.askedAt = askedAt
    this.position = position
    this.seq = seq
    this.stored = stored
    this.body = body
    this.etag = etag
    this.plain = new Representation(body, `"${etag}"`, '')
  }

  /** The compressed one if it is there; `plain` where compressing is no gain; null: to be made first, by `compress`. */
  get compressed(): Representation | null {
    return this.body.byteLength < worthCompressingBytes ? this.plain : this.#compressed
  }

  /** Compresses once, however many ask for it. */
  compress(): Promise<Representation> {
    this.#compressing ??= compress(this.body).then((bytes) => {
      const isGain = bytes.byteLength < this.body.byteLength
      this.#compressed = isGain
        ? new Representation(bytes, `"${this.etag}-gz"`, 'Content-Encoding: gzip\r\n')
        : this.plain
      return this.#compressed
    })
    return this.#compressing
  }
}

export interface SharedReplyParts extends Asked {
  /** Of the snapshot that it shows, where the worker said so. */
  readonly seq: bigint | null
  readonly stored: Buffer
  /** A part of `stored`. */
  readonly body: Buffer
  /** Of the plain body, without quotes. */
  readonly etag: string
}
