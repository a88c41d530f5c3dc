import type { Output } from '../terminal/output.ts'
import { clock } from './charts.ts'
import type { OnsaleFlags } from './flags.ts'
import type { Second, Tally } from './tally.ts'

const drawEveryMs = 250
/** Without a terminal a log file wants lines, and few. */
const lineEverySeconds = 5
const sparkline = '▁▂▃▄▅▆▇█'
const sparkSeconds = 30
const barWidth = 50

interface PanelOptions extends Pick<OnsaleFlags, 'buyers' | 'seed' | 'pace'> {
  readonly output: Output
  readonly tally: Tally
  readonly maxActive: number
}

/** What happens, one line a subject: redrawn in place on a terminal, some plain lines elsewhere. */
export class Panel {
  readonly #options: PanelOptions
  readonly #timer: NodeJS.Timeout | undefined
  #drawn = 0

  constructor(options: PanelOptions) {
    this.#options = options
    if (options.output.isTerminal) this.#timer = setInterval(() => this.#draw(), drawEveryMs)
  }

  /** A second is over. */
  tick(second: Second): void {
    const { output } = this.#options
    const isDue = this.#options.tally.seconds.length % lineEverySeconds === 0
    if (!output.isTerminal && isDue) output.print(this.#line(second))
  }

  stop(): void {
    if (this.#timer === undefined) return
    clearInterval(this.#timer)
    this.#draw()
  }

  #draw(): void {
    const { output } = this.#options
    const { width, paint } = output
    // Up to the first line of what was drawn before, each line cleared to its end.
    const up = this.#drawn > 0 ? `\u001b[${this.#drawn}A` : ''
    const lines = this.#lines().map(([name, text]) => {
      const fitted = text.slice(0, Math.max(0, width - 12))
      return `\u001b[2K${paint('bold', name.padEnd(10))} ${fitted}`
    })
    this.#drawn = lines.length
    output.print(`${up}${lines.join('\n')}`)
  }

  #lines(): (readonly [string, string])[] {
    const { tally, buyers, seed, pace, maxActive } = this.#options
    const now = tally.seconds.at(-1)
    const sinceOpening = (performance.now() - tally.opensAtMs) / 1_000
    const { coming, queueing, choosing, paying, gone } = tally.inState
    const { sold = 0, held = 0, free = 0 } = now ?? {}
    const latencies = now?.latencies ?? {}
    const p99 = (['join', 'look', 'pass', 'hold', 'pay'] as const)
      .map((step) => `${step} ${latencies[step]?.p99Ms ?? '–'}`)
      .join(' · ')
    const { taken, refused, busy, failed, none } = tally.answersInAll
    return [
      ['On-sale', `${buyers} buyers · seed ${seed} · ${pace} times as fast · ${clock(sinceOpening)}`],
      [
        'Arrivals',
        `${buyers - coming} of ${buyers}  ${spark(tally.seconds.slice(-sparkSeconds).map(({ arrived }) => arrived))}`,
      ],
      [
        'Queue',
        `${queueing} waiting · serving ${now?.serving ?? 0}${now?.rate == null ? '' : ` · ${Math.round(now.rate / 60)} a second at most`}`,
      ],
      [
        'Inside',
        `${now?.active ?? 0} of ${maxActive} · ${now?.called ?? 0} called · ${now?.admitted ?? 0} let in a second · ${choosing} choosing, ${paying} paying, ${gone} gone`,
      ],
      ['Seats', `${bar(sold, held, free)} ${sold} sold · ${held} held · ${free} free`],
      ['p99, ms', p99],
      ['Streams', `${now?.deltas === null || now === undefined ? '–' : `p99 ${now.deltas.p99Ms} ms`} behind a hold`],
      [
        'Answers',
        `${taken} taken by others · ${busy} asked to wait · ${refused} refused · ${failed} failed · ${none} none · forged passes ${tally.forged.accepted} of ${tally.forged.tried} taken`,
      ],
    ]
  }

  #line({ at, waiting, active, admitted, free, held, sold, latencies }: Second): string {
    const { tally, buyers } = this.#options
    const { coming, gone } = tally.inState
    return [
      clock(at).padStart(6),
      `${buyers - coming} came`,
      `${waiting} waiting`,
      `${active} inside`,
      `${admitted}/s let in`,
      `${sold} sold ${held} held ${free} free`,
      `${gone} gone`,
      `p99 hold ${latencies.hold?.p99Ms ?? '–'} pay ${latencies.pay?.p99Ms ?? '–'} ms`,
    ].join('  ')
  }
}

function spark(values: readonly number[]): string {
  const most = Math.max(1, ...values)
  return values.map((value) => sparkline[Math.round((value / most) * (sparkline.length - 1))]).join('')
}

function bar(sold: number, held: number, free: number): string {
  const all = Math.max(1, sold + held + free)
  const full = Math.round((sold / all) * barWidth)
  const partly = Math.round((held / all) * barWidth)
  return '█'.repeat(full) + '▒'.repeat(partly) + '·'.repeat(Math.max(0, barWidth - full - partly))
}
