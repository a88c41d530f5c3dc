import type { viewInvariants } from '#shared/contracts/audit.ts'
import type { ReplyOf } from '#shared/contracts/contract.ts'
import type { Database } from '#shared/database/postgres.ts'
import { parsePublicId } from '#shared/ids.ts'
import { ask } from '../support/http.ts'
import { organiserKey } from '../support/system.ts'
import { until } from '../support/until.ts'
import type { Shop } from './buyer.ts'
import { type Findings, lineOf, runChecks } from './checks/all-checks.ts'
import type { FaultTime } from './checks/evidence.ts'
import { bodyIfDone, HttpBuyer, type World } from './http-buyer.ts'
import { Random } from './random.ts'
import { holdTtlMs } from './settings.ts'
import { compareWithLists, resolveUnknowns, waitUntilAllEnded, waitUntilMoneyRests } from './settle.ts'
import type { SystemUnderTest } from './start.ts'

export interface JudgeOptions {
  readonly faults: readonly FaultTime[]
  readonly stopping: AbortSignal
  say(line: string): void
}

/** Waits for rest, lets buyers find out what they do not know, and compares what they were told with the database, and that with the provider. */
export async function judge(
  system: SystemUnderTest,
  world: Shop,
  { faults, stopping, say }: JudgeOptions,
): Promise<Findings> {
  const retaken = await retakeLeftSeats(system.db, world)
  say(`  ${retaken.tried} seats that others had left were held and released`)
  await waitUntilAllEnded(system.db, stopping)
  const asked = await resolveUnknowns(world, stopping)
  say(`  ${asked} buyers asked again what had become of their request`)
  await waitUntilAllEnded(system.db, stopping)
  const wrongLists = await compareWithLists(world)
  const findings = await runChecks({ history: world.history, db: system.db, faults })
  findings['stuck holds'].push(...retaken.stuck)
  findings['stream mismatches'].push(...(await world.watchers.compare(system.db)))
  findings['changed answers'].push(...wrongLists)
  await waitUntilMoneyRests(system.db)
  for (const { what, ...violation } of await askAuditor(system.url)) findings[lineOf(violation)].push(what)
  return findings
}

const answersWithinMs = 20_000

/** A broken invariant, and what breaks it. */
interface Violation {
  readonly invariant: string
  readonly says: string
  readonly what: string
}

/** What the running auditor, which was killed and frozen like all others, says of the system at rest. */
async function askAuditor(gatewayUrl: string): Promise<Violation[]> {
  const askedAt = new Date().toISOString()
  let said: ReplyOf<typeof viewInvariants> | undefined
  const isUpToDate = async (): Promise<boolean> => {
    const headers = { authorization: `Bearer ${organiserKey}` }
    const { status, body } = await ask(`${gatewayUrl}/admin/invariants`, { headers })
    said = status === 200 ? body : undefined
    return said !== undefined && (said.checked_at ?? '') > askedAt && said.items.every(({ checked }) => checked)
  }
  try {
    await until('it looked', isUpToDate, { timeoutMs: answersWithinMs, everyMs: 200 })
  } catch {
    const unchecked = said?.items.flatMap(({ checked, says }) => (checked ? [] : [says])) ?? []
    const what = `the auditor has not checked the system at rest within ${answersWithinMs / 1_000} s; ${unchecked.join('; ')}`
    return [{ invariant: '', says: '', what }]
  }
  return (said?.items ?? [])
    .filter(({ violations }) => violations > 0)
    .map(({ invariant, says, violations, examples }) => {
      return { invariant, says, what: `${invariant} (${says}): ${violations}: ${examples.join(' ')}` }
    })
}

const howMany = 20

interface LeftSeat {
  readonly event_id: string
  readonly seat_no: number
}

/**
 * Really holds seats that were held by somebody whose time is over, whether or not that has been written down anywhere,
 * and releases them. Answers those that could not be held. For when no buyer is there any more.
 */
async function retakeLeftSeats(db: Database, world: World): Promise<{ tried: number; stuck: string[] }> {
  const seats = await findLeftSeats(db, world)
  const stuck: string[] = []
  for (const [index, { event_id, seat_no }] of seats.entries()) {
    const random = new Random(`retaking ${index}`)
    const buyer = new HttpBuyer(`chaos-retaker-${index}`, { random, world })
    const key = random.key()
    const outcome = await buyer.askUntilFinal(() => buyer.hold(event_id, { seat_nos: [seat_no] }, key), { times: 3 })
    const holdId = bodyIfDone(outcome)?.id
    if (holdId !== undefined) await buyer.askUntilFinal(() => buyer.release(holdId), { times: 3 })
    else stuck.push(`seat ${seat_no} of event ${event_id} could not be held: ${JSON.stringify(outcome)}`)
  }
  return { tried: seats.length, stuck }
}

/** Of holds that buyers got without a pass, and let run out: seats that are not sold and not held by anybody else in time. */
async function findLeftSeats(db: Database, { history }: World): Promise<LeftSeat[]> {
  const holds = history
    .holds()
    .map(({ id }) => parsePublicId(id ?? ''))
    .filter((parts) => parts !== null)
  return db.query<LeftSeat>(
    `SELECT DISTINCT ON (event_id) event_id, seat_no FROM (
       SELECT seat.event_id, seat.seat_no, seat.state
       FROM unnest($1::uuid[], $2::uuid[]) AS left_hold (event_id, id)
       JOIN booking.holds AS hold USING (event_id, id)
       JOIN booking.hold_items AS item ON item.event_id = hold.event_id AND item.hold_id = hold.id
       JOIN booking.event_seats AS seat ON seat.event_id = item.event_id AND seat.seat_no = item.seat_no
       WHERE hold.pass_id IS NULL AND hold.status NOT IN ('converted', 'paying') AND hold.expires_at < now() - $3 * interval '1 ms'
         AND (seat.state = 'available' OR (seat.state = 'held' AND seat.held_until < now()))
     ) AS candidate ORDER BY event_id, state = 'held' DESC, seat_no LIMIT $4`,
    [holds.map(({ eventId }) => eventId), holds.map(({ ownId }) => ownId), holdTtlMs / 10, howMany],
  )
}
