import type { TokenBehaviour } from './tokens.ts'

export interface CallbackSettings {
  readonly delayMs: { readonly min: number; readonly max: number }
  /** How often each change is reported. */
  readonly copies: number
}

/**
 * In how many milliseconds each callback about one change is due; empty when there are none. `random` answers numbers from
 * 0 up to, but not including, 1.
 */
export function callbackDelaysMs(
  { callbacks }: TokenBehaviour,
  { delayMs: { min, max }, copies }: CallbackSettings,
  random: () => number,
): number[] {
  const draw = (): number => min + Math.floor(random() * (max - min + 1))
  if (callbacks === 'never') return []
  if (callbacks === 'before reply') return Array.from({ length: copies }, () => 0)
  if (callbacks === 'twice') return Array.from<number>({ length: Math.max(copies, 2) }).fill(draw())
  return Array.from({ length: copies }, draw)
}

const firstPauseMs = 250
const longestPauseMs = 600_000

/** How long to wait after that many attempts in vain: twice as long each time, up to ten minutes. */
export function pauseBeforeNextAttemptMs(attempts: number): number {
  return Math.min(longestPauseMs, firstPauseMs * 2 ** (attempts - 1))
}
