import { isAlive } from '#shared/process/config.ts'
import type { Answer } from '../../support/http.ts'
import { askOnce, askUntilFinal, describe, isFinal } from './client.ts'
import { differences, readEnding } from './ending.ts'
import type { CrashPoint } from './points.ts'
import type { Story } from './scenarios/story.ts'
import { auditSettled, violationsOf, waitUntilSettled } from './settle.ts'
import type { DeadProcess, OpenEvent, Stand } from './stand/stand.ts'

export interface PointResult {
  readonly point: CrashPoint
  /** `purchase 4711`; '' when the crash never came. */
  readonly killed: string
  readonly outcome: string
  /** From the kill until everything was at its end and everybody had an answer. */
  readonly settledSeconds: number
  readonly violations: number
  /** What was lost, doubled, stuck or otherwise wrong; none: passed. */
  readonly faults: readonly string[]
}

/** From the request to the moment at which the process dies; a late payment waits for its hold to run out. */
const crashWithinMs = 25_000

/** Plays the point's story, lets the process die, and holds everything in the end against how it should be. */
export async function runPoint(stand: Stand, point: CrashPoint): Promise<PointResult> {
  const faults: string[] = []
  const seen = { killed: '', outcome: '', settledSeconds: 0, violations: 0 }
  try {
    const event = await stand.openEvent()
    const story = await point.scenario(stand, event)
    seen.outcome = story.outcome
    const { died } = await stand.crash(point.line, point)
    const interrupted = askOnce(stand, story.request).catch((error: Error) => error)
    const { kind, pid } = await orTooLate(died, story.meanwhile?.())
    const killedAt = performance.now()
    if (isAlive(pid)) faults.push(`process ${pid} still runs`)
    seen.killed = `${kind} ${pid}`
    await stand.process(kind).ready()
    faults.push(...(await checkAnswers(stand, story, interrupted)))
    await waitUntilSettled(stand.db)
    seen.settledSeconds = (performance.now() - killedAt) / 1_000
    const checked = await checkEnding(stand, event, story)
    seen.violations = checked.violations
    faults.push(...checked.faults)
  } catch (error) {
    faults.push((error as Error).message)
  }
  return { point, ...seen, faults }
}

/** Throws when nobody died in time. */
async function orTooLate(died: Promise<DeadProcess>, meanwhile: Promise<void> | undefined): Promise<DeadProcess> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error('the process never came to this step')), crashWithinMs)
  try {
    const [dead] = await Promise.race([Promise.all([died, meanwhile]), late.promise])
    return dead
  } finally {
    clearTimeout(timer)
  }
}

/** The buyer asks again with the same key until there is an answer, and once more: it stays the same, byte by byte. */
async function checkAnswers(stand: Stand, story: Story, interrupted: Promise<Answer | Error>): Promise<string[]> {
  const faults: string[] = []
  const final = await askUntilFinal(stand, story.request)
  if (describe(final) !== story.answer) faults.push(`answered ${describe(final)}, not ${story.answer}`)
  const again = await askUntilFinal(stand, story.request)
  if (again.status !== final.status || bodyOf(again) !== bodyOf(final)) {
    faults.push(`a repetition was answered otherwise: ${again.text} after ${final.text}`)
  }
  const first = await interrupted
  if (!(first instanceof Error) && isFinal(first) && bodyOf(first) !== bodyOf(final)) {
    faults.push(`the interrupted request was answered otherwise: ${describe(first)}`)
  }
  await story.afterwards?.(final)
  return faults
}

/** Problems carry the id of their own request. */
function bodyOf({ text, body }: Answer): string {
  return body?.code === undefined ? text : JSON.stringify({ ...body, instance: undefined, request_id: undefined })
}

async function checkEnding(
  stand: Stand,
  event: OpenEvent,
  story: Story,
): Promise<{ violations: number; faults: string[] }> {
  const violations = violationsOf(await auditSettled(stand)).filter((violation) => !stand.violations.has(violation))
  for (const violation of violations) stand.violations.add(violation)
  const wrong = differences(await readEnding(stand, event), story.ending)
  return { violations: violations.length, faults: [...violations, ...wrong] }
}
