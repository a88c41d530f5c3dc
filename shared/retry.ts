import { setTimeout as pause } from 'node:timers/promises'

/** Retries idempotent work, at most `tries` times, with a pause between attempts. Throws the last error. */
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
