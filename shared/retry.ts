import { setTimeout as pause } from 'node:timers/promises'

/** Does what may be done twice, again and again until it succeeds: `tries` times at most. Throws the last error. */
export async function retry<Result>(
  work: () => Promise<Result>,
  { tries, pauseMs }: { readonly tries: number; readonly pauseMs: number },
): Promise<Result> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await work()
    } catch (error) {
      if (tried === tries) throw error
      await pause(pauseMs)
    }
  }
}
