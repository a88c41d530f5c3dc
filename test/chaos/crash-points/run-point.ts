import { isAlive } from '#shared/process/config.ts'
import { until } from '../../support/until.ts'
import { type Outcome, verdictOf } from '../history.ts'
import { waitUntilSettled } from '../settle.ts'
import { type CrashSystem, crash, type DeadProcess, openEvent } from './crash-system.ts'
import { differences, readEnding } from './ending.ts'
import type { CrashPoint } from './points.ts'
import type { Story } from './stories.ts'

export interface PointResult {
  readonly point: CrashPoint
  /** `purchase-1 4711`; '' when the crash never came. */
  readonly killed: string
  readonly outcome: string
  /** From the kill until everything was at its end and everybody had an answer. */
  readonly settledSeconds: number
  /** What was lost, doubled, stuck or otherwise wrong; none: passed. */
  readonly faults: readonly string[]
}

/** From the request to the moment at which the process dies; a late payment waits for its hold to run out. */
const crashWithinMs = 25_000
/** The memory of a cancellation whose worker died is taken over some 9 s after it began; then it may take 8 s again. */
const answeredWithinMs = 25_000

/** Plays the point's story, lets the process die, and compares the ending with how it should be. `number`: of its event. */
export async function runPoint(system: CrashSystem, point: CrashPoint, number: number): Promise<PointResult> {
  const faults: string[] = []
  const seen = { killed: '', outcome: '', settledSeconds: 0 }
  try {
    const event = await openEvent(system, number)
    const story = await point.scenario(system, event)
    seen.outcome = story.outcome
    const { died } = await crash(system, point)
    const interrupted = story.ask()
    const { name, pid } = await orTooLate(died, story.meanwhile?.())
    const killedAt = performance.now()
    if (isAlive(pid)) faults.push(`process ${pid} still runs`)
    seen.killed = `${name} ${pid}`
    await system.process(name).ready()
    faults.push(...(await checkAnswers(system, story, interrupted)))
    await waitUntilSettled(system.db)
    seen.settledSeconds = (performance.now() - killedAt) / 1_000
    faults.push(...differences(await readEnding(system, event), story.ending))
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
async function checkAnswers(system: CrashSystem, story: Story, interrupted: Promise<Outcome>): Promise<string[]> {
  const faults: string[] = []
  const final = await askUntilFinal(system, story)
  if (describe(final) !== story.answer) faults.push(`answered ${describe(final)}, not ${story.answer}`)
  for (const other of [await askUntilFinal(system, story), await interrupted]) {
    const isOtherwise = verdictOf(other) !== 'open' && bodyOf(other) !== bodyOf(final)
    if (isOtherwise) faults.push(`also answered ${describe(other)}: ${bodyOf(other)} beside ${bodyOf(final)}`)
  }
  await story.afterwards?.(final.kind === 'answer' ? final.body : {})
  return faults
}

async function askUntilFinal({ stopping }: CrashSystem, { ask }: Story): Promise<Outcome> {
  let outcome: Outcome | undefined
  const isFinal = async (): Promise<boolean> => {
    stopping.throwIfAborted()
    outcome = await ask()
    return verdictOf(outcome) !== 'open'
  }
  await until('the answer is final', isFinal, { timeoutMs: answeredWithinMs, everyMs: 200 })
  return outcome as Outcome
}

/** `201`, `402 payment_declined`. */
function describe(outcome: Outcome): string {
  if (outcome.kind === 'unknown') return outcome.why
  return [outcome.status, outcome.body.code].filter(Boolean).join(' ')
}

/** With its status. Problems carry the id of their own request. */
function bodyOf(outcome: Outcome): string {
  if (outcome.kind === 'unknown') return outcome.why
  const { status, text, body } = outcome
  const own = body.code === undefined ? text : JSON.stringify({ ...body, instance: undefined, request_id: undefined })
  return `${status} ${own}`
}
