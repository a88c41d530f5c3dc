import { keyInUse, keyReused, rememberedFor } from '#shared/database/idempotency.ts'
import type { Database } from '#shared/database/postgres.ts'
import type { ErrorCode } from '#shared/errors.ts'

/* All SQL about commands: the memory by which a repeated request gets the first one's answer, for a day. */

/**
 * A request whose work takes many transactions, because purchases and refunds wait for a provider. It is `running` in between,
 * where a command of the other workers (`once` in `shared/database/idempotency.ts`) is done or not there.
 */
export interface LongCommand {
  /** Operation and caller; see `commandScope`. */
  readonly scope: string
  readonly key: string
  readonly requestHash: Buffer
  /** One key from the caller's request to the provider: of the payment or refund that comes of the command. */
  readonly providerKey: string
}

/** A final answer as it was first given: JSON text, and the code when it was a refusal. */
export interface FinalAnswer {
  readonly errorCode: ErrorCode | null
  readonly reply: string
}

interface CommandRow {
  request_hash: Buffer
  provider_key: string | null
  /** A worker may still be at it. */
  is_running: boolean
  error_code: ErrorCode | null
  reply: string | null
}

/**
 * SQL: a command, aliased `known`, may be forgotten once it is old enough: nobody is at it, and nothing that came of it is still
 * open.
 */
export function mayBeForgotten(known: string): string {
  return `(${known}.running_until <= now()
    AND NOT EXISTS (SELECT FROM purchase.payments AS payment
      WHERE payment.provider_key = ${known}.provider_key AND payment.next_check_at IS NOT NULL)
    AND NOT EXISTS (SELECT FROM purchase.refunds AS refund
      WHERE refund.provider_key = ${known}.provider_key AND refund.next_check_at IS NOT NULL))`
}

const isForgotten = `(known.created_at <= now() - interval '${rememberedFor}' AND ${mayBeForgotten('known')})`

/**
 * Makes the command this worker's own for `forMs`, or answers what was answered before (`null`: go ahead). Takes over from
 * a worker whose time is over. Throws `idempotency_key_in_use` while another one is at it, and `idempotency_key_reused`
 * when the key came with another request. What is older than a day counts as never asked.
 */
export async function claimCommand(db: Database, command: LongCommand, forMs: number): Promise<FinalAnswer | null> {
  const claimed = await db.query(
    `INSERT INTO purchase.commands AS known (scope, key, request_hash, provider_key, running_until)
     VALUES ($1, $2, $3, $4, now() + $5 * interval '1 ms')
     ON CONFLICT (scope, key) DO UPDATE SET request_hash = excluded.request_hash, provider_key = excluded.provider_key,
       running_until = excluded.running_until, status = 'running', error_code = NULL, reply = NULL,
       created_at = CASE WHEN ${isForgotten} THEN now() ELSE known.created_at END
     WHERE (known.status = 'running' AND known.running_until <= now() AND known.request_hash = excluded.request_hash)
       OR ${isForgotten}
     RETURNING key`,
    [command.scope, command.key, command.requestHash, command.providerKey, forMs],
  )
  if (claimed.length > 0) return null
  const known = await readCommand(db, command)
  if (known && !known.request_hash.equals(command.requestHash)) throw keyReused()
  const answer = finalAnswer(known)
  if (answer === null) throw keyInUse()
  return answer
}

/** Keeps the final answer. Answers the one that is kept: the first, should two workers have finished. */
export async function finishCommand(db: Database, command: LongCommand, answer: FinalAnswer): Promise<FinalAnswer> {
  const finished = await db.query(
    `UPDATE purchase.commands SET status = 'done', error_code = $3, reply = $4
     WHERE scope = $1 AND key = $2 AND status = 'running' RETURNING key`,
    [command.scope, command.key, answer.errorCode, answer.reply],
  )
  if (finished.length > 0) return answer
  return finalAnswer(await readCommand(db, command)) ?? answer
}

/**
 * Ends the work on a command that has no final answer. It is forgotten when no payment or refund came of it, because a
 * refusal is no outcome; else the next repetition takes it over.
 */
export async function releaseCommand(db: Database, { scope, key, providerKey }: LongCommand): Promise<void> {
  const forgotten = await db.query(
    `DELETE FROM purchase.commands WHERE scope = $1 AND key = $2 AND status = 'running'
       AND NOT EXISTS (SELECT FROM purchase.payments WHERE provider_key = $3 AND status <> 'failed')
       AND NOT EXISTS (SELECT FROM purchase.refunds WHERE provider_key = $3 AND status <> 'refused') RETURNING key`,
    [scope, key, providerKey],
  )
  if (forgotten.length > 0) return
  await db.query(
    `UPDATE purchase.commands SET running_until = now() WHERE scope = $1 AND key = $2 AND status = 'running'`,
    [scope, key],
  )
}

/** A command that is not forgotten; `undefined` for others. */
export async function readCommand(
  db: Database,
  { scope, key }: Pick<LongCommand, 'scope' | 'key'>,
): Promise<CommandRow | undefined> {
  const [known] = await db.query<CommandRow>(
    `SELECT request_hash, provider_key, status = 'running' AND running_until > now() AS is_running, error_code, reply
     FROM purchase.commands AS known WHERE scope = $1 AND key = $2 AND NOT ${isForgotten}`,
    [scope, key],
  )
  return known
}

function finalAnswer(known: CommandRow | undefined): FinalAnswer | null {
  return known === undefined || known.reply === null ? null : { errorCode: known.error_code, reply: known.reply }
}
