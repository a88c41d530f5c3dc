const headEndMark = '\r\n\r\n'
const lastChunk = Buffer.from('0\r\n\r\n')

/** An answer whose head has come; its body is decoded when somebody looks at it. */
export class HttpAnswer {
  readonly status: number
  /** Status line and headers. */
  readonly head: string
  readonly #body: Buffer

  constructor(received: Buffer, headEnd: number) {
    this.head = received.toString('latin1', 0, headEnd)
    this.status = Number(this.head.slice(9, 12))
    this.#body = received.subarray(headEnd + headEndMark.length)
  }

  /** As sent: of a chunked answer, with its chunks. */
  get body(): string {
    return this.#body.toString('utf8')
  }

  /** Seconds, as sent. */
  get retryAfter(): string | undefined {
    return /^retry-after: *(\d+)/im.exec(this.head)?.[1]
  }

  /** Of chunks it understands the last one: what is measured is JSON, which has no line ends. Throws when the answer has no end. */
  get isComplete(): boolean {
    if (this.status === 304 || this.status === 204) return true
    const length = /\r\ncontent-length: *(\d+)/i.exec(this.head)?.[1]
    if (length !== undefined) return this.#body.length >= Number(length)
    if (!/\r\ntransfer-encoding: *chunked/i.test(this.head))
      throw new Error(`an answer without a length:\n${this.head}`)
    return this.#body.subarray(-lastChunk.length).equals(lastChunk)
  }
}

/** The answer that is complete with these bytes, on a connection that carries one at a time; `undefined` while some are missing. */
export function answerIn(received: Buffer): HttpAnswer | undefined {
  const headEnd = received.indexOf(headEndMark)
  if (headEnd === -1) return undefined
  const answer = new HttpAnswer(received, headEnd)
  return answer.isComplete ? answer : undefined
}
