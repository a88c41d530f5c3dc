import { type ErrorCode, TicketingError } from '#shared/errors.ts'
import type { Database } from '#shared/postgres.ts'

/*
 * All SQL about commands: the memory by which a repeated purchase gets the first one's answer. Unlike `once` of the other
 * workers it spans many transactions, hence `running`: a purchase waits for a provider.
 */

export interface Command {
  /** Operation and caller; see `commandScope`. */
  readonly scope: string
  readonly key: string
  readonly requestHash: Buffer
}

/** A final answer as it was first given: JSON text, and the code when it was a refusal. */
export interface FinalAnswer {
  readonly errorCode: ErrorCode | null
  readonly reply: string
}

interface CommandRow {
  request_hash: Buffer
  error_code: ErrorCode | null
  reply: string | null
}

/**
 * Makes the command this worker's own for `forMs`, or answers what was answered before (`null`: go ahead). Takes over from
 * a worker whose time is over. Throws `idempotency_key_in_use` while another one is at it, and `idempotency_key_reused`
 * when the key came with another request.
 */
export async function claimCommand(db: Database, command: Command, forMs: number): Promise<FinalAnswer | null> {
  const claimed = await db.query(
    `INSERT INTO purchase.commands AS known (scope, key, request_hash, running_until)
     VALUES ($1, $2, $3, now() + $4 * interval '1 ms')
     ON CONFLICT (scope, key) DO UPDATE SET running_until = excluded.running_until
       WHERE known.status = 'running' AND known.running_until <= now() AND known.request_hash = excluded.request_hash
     RETURNING key`,
    [command.scope, command.key, command.requestHash, forMs],
  )
  if (claimed.length > 0) return null
  const known = await readCommand(db, command)
  if (known && !known.request_hash.equals(command.requestHash)) {
    throw new TicketingError('idempotency_key_reused', 'This Idempotency-Key was used for another request.')
  }
  return finalAnswer(known) ?? refuseAsInUse()
}

/** Keeps the final answer for ever after. Answers the one that is kept: the first, should two workers have finished. */
export async function finishCommand(db: Database, command: Command, answer: FinalAnswer): Promise<FinalAnswer> {
  const finished = await db.query(
    `UPDATE purchase.commands SET status = 'done', error_code = $3, reply = $4
     WHERE scope = $1 AND key = $2 AND status = 'running' RETURNING key`,
    [command.scope, command.key, answer.errorCode, answer.reply],
  )
  if (finished.length > 0) return answer
  return finalAnswer(await readCommand(db, command)) ?? answer
}

/**
 * Ends the work on a command that has no final answer. It is forgotten when no payment came of it, because a refusal is no
 * outcome; else the next repetition takes it over.
 */
export async function releaseCommand(db: Database, command: Command, providerKey: string): Promise<void> {
  const forgotten = await db.query(
    `DELETE FROM purchase.commands WHERE scope = $1 AND key = $2 AND status = 'running'
       AND NOT EXISTS (SELECT FROM purchase.payments WHERE provider_key = $3 AND status <> 'failed') RETURNING key`,
    [command.scope, command.key, providerKey],
  )
  if (forgotten.length > 0) return
  await db.query(
    `UPDATE purchase.commands SET running_until = now() WHERE scope = $1 AND key = $2 AND status = 'running'`,
    [command.scope, command.key],
  )
}

/** For a key that another request is using right now. */
export function refuseAsInUse(): never {
  throw new TicketingError(
    'idempotency_key_in_use',
    'A purchase with this Idempotency-Key is under way; repeat the request in a moment for its answer.',
  )
}

async function readCommand(db: Database, { scope, key }: Command): Promise<CommandRow | undefined> {
  const [known] = await db.query<CommandRow>(
    'SELECT request_hash, error_code, reply FROM purchase.commands WHERE scope = $1 AND key = $2',
    [scope, key],
  )
  return known
}

function finalAnswer(known: CommandRow | undefined): FinalAnswer | null {
  return known === undefined || known.reply === null ? null : { errorCode: known.error_code, reply: known.reply }
}
