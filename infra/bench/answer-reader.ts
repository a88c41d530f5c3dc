const headEndMark = '\r\n\r\n'
const lastChunk = Buffer.from('0\r\n\r\n')

export interface AnswerHead {
  readonly status: number
  /** Status line and headers. */
  readonly head: string
}

/** A whole answer; its body is decoded when somebody looks at it. */
export class HttpAnswer implements AnswerHead {
  readonly status: number
  readonly head: string
  readonly #body: Buffer

  constructor({ status, head }: AnswerHead, body: Buffer) {
    this.status = status
    this.head = head
    this.#body = body
  }

  /** As sent: of a chunked answer, with its chunks. */
  get body(): string {
    return this.#body.toString('utf8')
  }

  /** Seconds, as sent. */
  get retryAfter(): string | undefined {
    return /^retry-after: *(\d+)/im.exec(this.head)?.[1]
  }
}

/**
 * Finds where one answer on a kept-alive connection ends, which carries one request at a time. Of chunks it understands the last
 * one: what is measured is JSON, which has no line ends.
 */
export class AnswerReader {
  #received: Buffer | undefined

  /** The answer that is complete with this chunk; `undefined` while some of it is missing. Throws when it has no end. */
  read(chunk: Buffer): HttpAnswer | undefined {
    const received = this.#received === undefined ? chunk : Buffer.concat([this.#received, chunk])
    const headEnd = received.indexOf(headEndMark)
    if (headEnd !== -1) {
      const head = received.toString('latin1', 0, headEnd)
      const status = Number(head.slice(9, 12))
      const bodyStart = headEnd + headEndMark.length
      if (isComplete(received, { status, head, bodyStart })) {
        this.#received = undefined
        return new HttpAnswer({ status, head }, received.subarray(bodyStart))
      }
    }
    this.#received = received
    return undefined
  }
}

interface Begun extends AnswerHead {
  readonly bodyStart: number
}

function isComplete(received: Buffer, { status, head, bodyStart }: Begun): boolean {
  if (status === 304 || status === 204) return true
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  if (length !== undefined) return received.length >= bodyStart + Number(length)
  if (!/\r\ntransfer-encoding: *chunked/i.test(head)) throw new Error(`an answer without a length:\n${head}`)
  return received.length >= bodyStart + lastChunk.length && received.subarray(-lastChunk.length).equals(lastChunk)
}
