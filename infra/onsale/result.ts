import type { AnswerClass, Promises, Quantiles, Second, Step } from './tally.ts'
import type { Verdict } from './verdict.ts'

/** A whole run: what `latest.json` holds, and what the report shows. Times in seconds from the opening, where they are not named otherwise. */
export interface Result {
  readonly started_at: string
  readonly command: string
  readonly event_id: string
  readonly system: string
  readonly buyers: number
  readonly seats: number
  readonly seed: number
  readonly pace: number
  readonly room: {
    readonly calls_per_minute: number
    readonly max_active: number
    readonly fixed_rate: boolean
    readonly claim_s: number
    readonly session_s: number
    readonly hold_s: number
    readonly pre_queue_s: number
    /** Whether a draw gave those who came before the opening their numbers. */
    readonly draw: boolean
  }
  readonly verdict: Verdict
  readonly passed: boolean
  /** What is wrong, for people. */
  readonly faults: readonly string[]
  readonly figures: {
    /** From the opening until the last buyer had gone. */
    readonly took_s: number
    /** When the last seat was sold; null: not all were. */
    readonly sold_out_after_s: number | null
    /** When the first hold had run out. */
    readonly second_wave_after_s: number
    readonly admissions: number
    readonly purchases: number
    readonly tickets: number
    readonly requests: number
    readonly answers: Readonly<Record<AnswerClass, number>>
    readonly latencies_ms: Readonly<Record<Step, Quantiles>>
    /** From the answer of a hold until a stream shows its seats. */
    readonly stream_ms: Quantiles
    readonly streams: { readonly watchers: number; readonly cuts: number; readonly resets: number }
    readonly eta: Promises
    readonly forged: { readonly tried: number; readonly accepted: number }
    /** Of places, which were checked against the draw. */
    readonly receipts: number
    readonly endings: Readonly<Record<string, number>>
    /** Seconds of processor time by process; empty where it is unknown. */
    readonly cpu_s: Readonly<Record<string, number>>
    readonly simulator_cpu_share: number | null
    readonly simulator_mib: number
  }
  readonly conditions: {
    readonly processors: number
    readonly model: string
    readonly memory_gib: number
    readonly load_before: number
    readonly load_after: number
    readonly node: string
  }
  readonly series: readonly Second[]
}
