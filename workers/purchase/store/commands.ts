import { keyInUse, keyReused, rememberedFor } from '#shared/database/idempotency.ts'
import type { Database } from '#shared/database/postgres.ts'
import type { ErrorCode } from '#shared/errors.ts'

/* SQL about commands, which are stored for a day: a repeated request gets the answer of the first one. */

/**
 * A request whose work takes many transactions, because purchases and refunds wait for a provider. It is `running` in between. A command of
 * the other workers (`once` in `shared/database/idempotency.ts`) is either done or absent.
 */
export interface LongCommand {
  /** Operation and caller; see `commandScope`. */
  readonly scope: string
  readonly key: string
  readonly requestHash: Buffer
  /** The key that the request's payment or refund has at the provider. */
  readonly providerKey: string
}

/** A final answer as first sent: JSON text, and the code if it was an error. */
export interface FinalAnswer {
  readonly errorCode: ErrorCode | null
  readonly reply: string
}

interface CommandRow {
  request_hash: Buffer
  provider_key: string | null
  /** A worker may still be working on it. */
  is_running: boolean
  error_code: ErrorCode | null
  reply: string | null
}

/**
 * SQL: whether a command, aliased `known`, can be forgotten once it is old enough: no worker is working on it, and its payment or refund
 * has ended.
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
 * Claims the command for this worker for `forMs`, or returns its stored answer (`null`: go ahead). Takes over from a worker whose lease has
 * ended. Throws `idempotency_key_in_use` while another worker has the lease, and `idempotency_key_reused` if the key came with another
 * request. A command older than a day counts as new.
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

/** Stores the final answer. Returns the stored one: the first, if two workers finished. */
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
 * Ends the work on a command without a final answer. Forgets the command if it has no payment or refund, because a refusal is no outcome;
 * otherwise the next repetition takes it over.
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

/** A stored command; `undefined` if there is none. */
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
