import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findPostgres } from '../../system/programs/program.ts'
import { placesPerHold } from './buyers.ts'
import { seatsPerHouse } from './houses.ts'
import type { RecordedStatement } from './recorded-hold.ts'

const run = promisify(execFile)

/** As many as a booking worker has connections. */
const clients = 10
const holdsPerClient = seatsPerHouse / placesPerHold / clients
/** The first seats were those of the recorded hold, which may not have been given back yet. */
const skipped = 1
const timeoutMs = 120_000

/** What a recorded hold has among its parameters: all but the event must be another for every hold. */
export interface HoldInstance {
  readonly eventId: string
  readonly holdId: string
  readonly userId: string
  readonly seatNos: readonly number[]
}

/**
 * Seats a second that PostgreSQL's own benchmark holds when it sends the statements of a recorded hold, prepared, until it has
 * held nearly all seats of the house once: no gateway, no messages, no decisions, only the database and its client.
 */
export async function pgbenchSeatsPerSecond(
  databaseUrl: string,
  recorded: { statements: readonly RecordedStatement[]; instance: HoldInstance },
): Promise<number> {
  const [program] = await findPostgres()
  if (program === undefined) throw new Error('PostgreSQL is not installed')
  const directory = await mkdtemp(join(tmpdir(), 'ticketing-pgbench-'))
  try {
    const script = join(directory, 'hold.sql')
    await writeFile(script, scriptOf(recorded))
    const { stdout } = await run(
      join(program.directory, 'pgbench'),
      [
        ...[
          '--no-vacuum',
          '--protocol=prepared',
          `--client=${clients}`,
          '--jobs=2',
          `--transactions=${holdsPerClient - skipped}`,
        ],
        ...[`--define=n=${skipped - 1}`, `--file=${script}`, databaseUrl],
      ],
      // Plans as the booking worker asks for them.
      { env: { ...program.environment, PGOPTIONS: '-c plan_cache_mode=force_generic_plan' }, timeout: timeoutMs },
    )
    const perSecond = /^tps = ([\d.]+)/m.exec(stdout)?.[1]
    if (perSecond === undefined) throw new Error(`pgbench printed no rate:\n${stdout}`)
    return Number(perSecond) * placesPerHold
  } finally {
    await rm(directory, { recursive: true })
  }
}

/** The recorded statements with everything that names one hold replaced by what names the next one of this client. */
function scriptOf({
  statements,
  instance,
}: {
  statements: readonly RecordedStatement[]
  instance: HoldInstance
}): string {
  const lines = statements.map(({ text, parameters }) => {
    const filled = text.replaceAll(/\$(\d+)/g, (_, number) =>
      expressionFor(parameters[Number(number) - 1] ?? null, instance),
    )
    return `${filled.replaceAll(/\s+/g, ' ')};`
  })
  const next = [
    '\\set n :n + 1',
    `\\set first (:client_id * ${holdsPerClient} + :n) * ${placesPerHold}`,
    '\\set hold (:client_id + 1) * 1000000 + :n',
  ]
  return [...next, ...lines, ''].join('\n')
}

function expressionFor(parameter: string | null, { eventId, holdId, userId, seatNos }: HoldInstance): string {
  if (parameter === null) return 'NULL'
  const seats = Array.from({ length: placesPerHold }, (_, index) => `:first::int + ${index}`)
  if (parameter.replaceAll(/[{}"]/g, '') === seatNos.join(',')) return `ARRAY[${seats.join(', ')}]`
  const literal = `'${parameter.replaceAll("'", "''")}'`
  if (parameter.includes(holdId))
    return `(${literal.replaceAll(holdId, "' || lpad(to_hex(:hold::bigint), 32, '0') || '")})`
  // The id of a fact.
  const isOtherId = /^\{"?[\da-f]{8}-[\da-f-]{27}"?\}$/.test(parameter) && !parameter.includes(eventId)
  if (isOtherId) return 'ARRAY[gen_random_uuid()]'
  return parameter.includes(userId) ? `(${literal.replaceAll(userId, "' || :hold::text || '")})` : literal
}
