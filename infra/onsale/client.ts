import { randomUUID } from 'node:crypto'
import type { HttpAnswer } from '../bench/http-answer.ts'
import { HttpConnection } from '../bench/http-connection.ts'
import type { Sleeper } from './sleeper.ts'
import type { AnswerClass, Step, Tally } from './tally.ts'

/** Members of answers that a buyer looks at. */
export interface AnswerBody {
  readonly id?: string
  readonly code?: string
  readonly state?: string
  /** Order of arrival, and of calls: null before the draw. */
  readonly index?: number
  readonly number?: number | null
  readonly ahead?: number | null
  readonly serving?: number
  readonly gaps?: readonly (readonly [number, number])[]
  readonly draw?: { readonly opens_at: string; readonly is_drawn: boolean } | null
  readonly receipt?: string
  /** Of a page of the draw: by arrival index, from `first` on. */
  readonly first?: number
  readonly numbers?: readonly number[]
  readonly eta_s?: { readonly p50: number } | null
  readonly next_poll_ms?: number
  readonly pass?: string | null
  readonly expires_in_ms?: number
  readonly total_minor?: number
  readonly places?: readonly { readonly seat_no?: number }[]
  readonly tickets?: readonly object[]
}

export interface Reply {
  readonly status: number
  readonly body: AnswerBody
}

interface ClientOptions {
  readonly url: string
  readonly userId: string
  /** An address of their own; none where the system is not on this machine. */
  readonly localAddress?: string | undefined
  /** Without it nobody counts. */
  readonly tally?: Tally
  readonly random?: () => number
  readonly sleeper: Sleeper
}

interface PostOptions {
  readonly key?: string
  /** For what takes places. */
  readonly pass?: string
}

/** After the first try; each with the same key. */
const retries = 3
const backoffMs = 300

/** What one buyer's page asks for: one connection, and what failed is asked again, with the same key and not at once. */
export class BuyerClient {
  readonly options: ClientOptions
  readonly #connection: HttpConnection

  constructor(options: ClientOptions) {
    this.options = options
    this.#connection = new HttpConnection(options.url, options.localAddress)
  }

  get userId(): string {
    return this.options.userId
  }

  /** A read that is the same for everybody. Null: no answer. */
  read(step: Step, path: string): Promise<Reply | null> {
    return this.#ask(step, () => this.#connection.get(path))
  }

  /** A read of the buyer's own. */
  readOwn(step: Step, path: string): Promise<Reply | null> {
    return this.#ask(step, () => this.#connection.get(`${path}?user_id=${this.userId}`))
  }

  /** Every repetition has the same key. */
  post(
    step: Step,
    path: string,
    body: object,
    { key = randomUUID() as string, pass }: PostOptions = {},
  ): Promise<Reply | null> {
    const text = JSON.stringify({ ...body, user_id: this.userId })
    const headers = { 'Idempotency-Key': key, ...(pass !== undefined && { 'Queue-Pass': pass }) }
    return this.#ask(step, () => this.#connection.post(path, text, headers))
  }

  leave(path: string): Promise<Reply | null> {
    return this.#ask('leave', () => this.#connection.delete(`${path}?user_id=${this.userId}`))
  }

  close(): void {
    this.#connection.close()
  }

  async #ask(step: Step, send: () => Promise<HttpAnswer>): Promise<Reply | null> {
    const { tally, random = Math.random, sleeper } = this.options
    let wasHeard = false
    for (let tried = 0; ; tried += 1) {
      const startedAt = performance.now()
      const answer = await send().catch(() => null)
      const reply = answer === null ? null : replyOf(answer)
      tally?.answered(step, classOf(reply), performance.now() - startedAt)
      wasHeard ||= reply !== null
      if (!mayRepeat(reply)) return reply
      if (tried === retries) {
        if (!wasHeard) tally?.unanswered.add(this.userId)
        return reply
      }
      const leastMs = Number(answer?.retryAfter ?? 0) * 1_000
      if (!(await sleeper.sleep(leastMs + backoffMs * 2 ** tried * (0.5 + random())))) return reply
    }
  }
}

function replyOf({ status, body }: HttpAnswer): Reply {
  return { status, body: body.startsWith('{') ? (JSON.parse(body) as AnswerBody) : {} }
}

/** 202 is an answer: the caller decides when to ask again. */
function mayRepeat(reply: Reply | null): boolean {
  if (reply === null) return true
  return reply.status === 429 || reply.status >= 500 || reply.body.code === 'idempotency_key_in_use'
}

function classOf(reply: Reply | null): AnswerClass {
  if (reply === null) return 'none'
  const { status } = reply
  if (status < 300) return 'done'
  if (status === 429 || status === 503) return 'busy'
  if (status >= 500) return 'failed'
  return status === 409 || status === 410 ? 'taken' : 'refused'
}
