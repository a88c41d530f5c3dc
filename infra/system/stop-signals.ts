import type { Say } from '../say.ts'

/** npm hands on the Ctrl-C that the terminal has sent us already: what follows sooner is the same keypress. */
const samePressMs = 1_000

/** Turns signals into `stopping` (the first) and `hurry` (another one, later). */
export function stopSignals(say: Say): { stopping: AbortSignal; hurry: AbortSignal } {
  const stopping = new AbortController()
  const hurry = new AbortController()
  let firstAt = 0
  const onSignal = (signal: NodeJS.Signals): void => {
    if (!stopping.signal.aborted) {
      firstAt = performance.now()
      say(`\n${signal}: stopping everything. Once more to hurry.`)
      stopping.abort()
    } else if (performance.now() - firstAt > samePressMs) hurry.abort()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal)
  // With the terminal gone (SIGHUP) writing fails; that must not end us before the others are stopped.
  process.stdout.on('error', () => undefined)
  process.stderr.on('error', () => undefined)
  return { stopping: stopping.signal, hurry: hurry.signal }
}
