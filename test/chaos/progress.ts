import { progressBar } from '../../infra/progress-bar.ts'

const lineEveryMs = 10_000
const barEveryMs = 250

/** Shows how far a run is: a bar on a terminal, elsewhere a line every 10 s. Ends it with `stop`. */
export function showProgress(seconds: number, facts: () => string): { stop(): void } {
  const began = performance.now()
  const elapsed = (): number => Math.min(seconds, Math.round((performance.now() - began) / 1_000))
  const bar = progressBar(process.stderr, 's')
  const timer = process.stderr.isTTY
    ? setInterval(() => bar.show(elapsed(), seconds), barEveryMs)
    : setInterval(() => console.log(`  ${elapsed()} s of ${seconds}: ${facts()}`), lineEveryMs)
  return {
    stop() {
      clearInterval(timer)
      bar.clear()
    },
  }
}
