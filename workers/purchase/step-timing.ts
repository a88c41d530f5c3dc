import { setTimeout as pause } from 'node:timers/promises'
import type { MessageContext } from '#shared/messaging/headers.ts'

/* How the time that a caller waits is shared out among the steps of a saga. */

/** On whose account a step of a saga is taken, and until when. */
export interface StepContext {
  /** The caller's request, or the reconciler's own. */
  readonly requestId: string
  /** `performance.now()` of this process until when the step must be through. */
  readonly deadlineAt: number
}

/** Kept back from the caller's time for reading the booking and answering. */
const answerReserveMs = 500
const retryPauseMs = 250

/** Of the steps that a request sets off. */
export function stepContextOf({ requestId, deadlineAt }: MessageContext): StepContext {
  return { requestId, deadlineAt: deadlineAt - answerReserveMs }
}

/** Waits before a step that was not answered is taken again; never beyond the time for it. */
export async function pauseBeforeRetry({ deadlineAt }: StepContext): Promise<void> {
  await pause(Math.max(0, Math.min(retryPauseMs, deadlineAt - performance.now())))
}
