/** Tells the user something: one line, without its line end. */
export type Say = (line: string) => void

const aliveSignMs = 5_000

/**
 * Runs something long, with a sign of life every few seconds and the time it took at the end. A label that changes says how far
 * the work is.
 */
export async function whileSaying<T>(say: Say, label: string | (() => string), work: () => Promise<T>): Promise<T> {
  const start = performance.now()
  const seconds = (): number => Math.round((performance.now() - start) / 1000)
  const current = (): string => (typeof label === 'string' ? label : label())
  const timer = setInterval(() => say(`  ${current()} (${seconds()} s)`), aliveSignMs)
  try {
    const result = await work()
    say(`  done in ${seconds()} s`)
    return result
  } finally {
    clearInterval(timer)
  }
}
