import type { AnswerBody } from './client.ts'

const nearS = 60
const pollMs = { shortest: 1_000, unknown: 10_000, longest: 30_000 }

/** Where the queue stands, as the document says that all of those read who are not near the front. What one has read, all know. */
export class QueueFront {
  readonly #callsPerMinute: number
  #serving = 0
  #gaps: readonly (readonly [number, number])[] = []
  #seen: { serving: number; atMs: number } | undefined
  /** Numbers called a second; undefined until that is known. */
  #perSecond: number | undefined
  #draw: AnswerBody['draw']

  constructor(callsPerMinute: number) {
    this.#callsPerMinute = callsPerMinute
  }

  /** Whether numbers are there: the draw was held, or there is none. */
  get isDrawn(): boolean {
    return this.#draw?.is_drawn !== false
  }

  saw({ serving = 0, gaps = [], draw }: AnswerBody): void {
    this.#draw = draw
    this.#serving = Math.max(this.#serving, serving)
    this.#gaps = gaps
    const now = performance.now()
    this.#seen ??= { serving, atMs: now }
    const seconds = (now - this.#seen.atMs) / 1_000
    // Over some seconds: calls come in bursts.
    if (seconds < 5) return
    this.#perSecond = (this.#serving - this.#seen.serving) / seconds
    this.#seen = { serving: this.#serving, atMs: now }
  }

  /** Whether a place may be called within a minute, so that its owner should ask for themselves; never before the draw. */
  isNear(place: AnswerBody): boolean {
    if (place.number === null) return false
    const ahead = this.#ahead(place)
    const eta = this.#eta(ahead)
    return eta === undefined ? ahead <= this.#callsPerMinute / 4 : eta <= nearS
  }

  /** An eighth of the wait, as the system itself advises those who ask for themselves. */
  nextPollMs(place: AnswerBody): number {
    const eta = place.number === null ? this.#untilDrawS() : this.#eta(this.#ahead(place))
    if (eta === undefined) return pollMs.unknown
    return Math.min(pollMs.longest, Math.max(pollMs.shortest, (eta * 1_000) / 8))
  }

  #untilDrawS(): number | undefined {
    return this.#draw ? Math.max(0, Date.parse(this.#draw.opens_at) - Date.now()) / 1_000 : undefined
  }

  #eta(ahead: number): number | undefined {
    return this.#perSecond === undefined || this.#perSecond <= 0 ? undefined : ahead / this.#perSecond
  }

  #ahead({ number, ahead = 0 }: AnswerBody): number {
    if (number == null) return ahead ?? 0
    const missing = this.#gaps.reduce((sum, [first, last]) => {
      const from = Math.max(first, this.#serving + 1)
      return sum + Math.max(0, Math.min(last, number - 1) - from + 1)
    }, 0)
    return Math.max(0, number - this.#serving - 1 - missing)
  }
}
