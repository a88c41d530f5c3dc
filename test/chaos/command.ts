import { reportFailure } from '../../infra/explained-error.ts'
import { stopSignals } from '../../infra/system/stop-signals.ts'

/** The command of a run, which says whether it was green: else, and when it is stopped, the exit code is 1. */
export async function command(run: (stopping: AbortSignal) => Promise<boolean>): Promise<void> {
  const { stopping } = stopSignals(console.log)
  try {
    if (!(await run(stopping))) process.exitCode = 1
  } catch (error) {
    if (stopping.aborted) console.log('Stopped; everything is removed.')
    else reportFailure(error)
    process.exitCode = 1
  }
}
