const headEndMark = '\r\n\r\n'

export interface AnswerHead {
  readonly status: number
  /** Status line and headers. */
  readonly head: string
}

/**
 * Finds where one answer on a kept-alive connection ends. It understands lengths and nothing else: everybody who is measured sends
 * them.
 */
export class AnswerReader {
  #received: Buffer | undefined

  /** The answer that is complete with this chunk; `undefined` while some of it is missing. Throws when it has no length. */
  read(chunk: Buffer): AnswerHead | undefined {
    const received = this.#received === undefined ? chunk : Buffer.concat([this.#received, chunk])
    const headEnd = received.indexOf(headEndMark)
    if (headEnd !== -1) {
      const head = received.toString('latin1', 0, headEnd)
      const status = Number(head.slice(9, 12))
      if (received.length >= headEnd + headEndMark.length + bodyLength(status, head)) {
        this.#received = undefined
        return { status, head }
      }
    }
    this.#received = received
    return undefined
  }
}

function bodyLength(status: number, head: string): number {
  if (status === 304 || status === 204) return 0
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  if (length === undefined) throw new Error(`an answer without a length:\n${head}`)
  return Number(length)
}
