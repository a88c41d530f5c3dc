import { createHash } from 'node:crypto'
import { TicketingError } from '#shared/errors.ts'
import type { OperationContext } from '#shared/messaging/serve.ts'
import type { Database } from './postgres.ts'

/** Names one operation of one caller: keys of different callers or operations never meet. */
export function commandScope(operation: string, context: OperationContext): string {
  return `${operation} ${context.caller.role}:${context.caller.id}`
}

/** Digest of a parsed request: two requests with one key must have the same. */
export function requestHash(request: unknown): Buffer {
  return createHash('sha256').update(JSON.stringify(request)).digest()
}

/** Schemas with a table `commands` of the shape that `once` uses. */
export type CommandSchema = 'event' | 'booking'

export interface Command {
  /** Schema whose `commands` table remembers the reply; a constant of the worker. */
  readonly schema: CommandSchema
  readonly operation: string
  readonly request: unknown
  readonly context: OperationContext
}

/** How long a reply is remembered, as an interval of Postgres; then its key counts as never used. */
export const rememberedFor = '24 hours'
const memory = `interval '${rememberedFor}'`

/** The refusal of a request whose key came with another request before. */
export function keyReused(): TicketingError {
  return new TicketingError('idempotency_key_reused', 'This Idempotency-Key was used for another request.')
}

/** The refusal of a request whose key belongs to one that is being carried out right now. */
export function keyInUse(): TicketingError {
  return new TicketingError(
    'idempotency_key_in_use',
    'A request with this Idempotency-Key is under way; repeat it in a moment for its answer.',
  )
}

/** Whether a command with this key was carried out already. */
export async function isDone(db: Database, { schema, operation, context }: Command): Promise<boolean> {
  const key = context.idempotencyKey
  if (key === undefined) return false
  const known = await db.query(
    `SELECT FROM ${schema}.commands WHERE scope = $1 AND key = $2 AND created_at > now() - ${memory}`,
    [commandScope(operation, context), key],
  )
  return known.length > 0
}

/**
 * Runs `work` inside the caller's transaction at most once per idempotency key; a repetition gets the stored reply.
 * Without a key `work` simply runs. A refusal rolls the transaction back with the key, so that trying again later is a new
 * try.
 * Throws `idempotency_key_in_use` while an earlier message with the key is being carried out, and `idempotency_key_reused`
 * when the key came with another request.
 */
export async function once<Reply>(db: Database, command: Command, work: () => Promise<Reply>): Promise<Reply> {
  const { schema, operation, request, context } = command
  const key = context.idempotencyKey
  if (key === undefined) return work()
  const scope = commandScope(operation, context)
  const hash = requestHash(request)
  if (!(await claim(db, { schema, scope, key, hash }))) {
    const [stored] = await db.query<{ request_hash: Buffer; reply: string }>(
      `SELECT request_hash, reply FROM ${schema}.commands WHERE scope = $1 AND key = $2`,
      [scope, key],
    )
    if (!stored?.request_hash.equals(hash)) throw keyReused()
    context.markReplayed()
    return JSON.parse(stored.reply) as Reply
  }
  const reply = await work()
  await db.execute(`UPDATE ${schema}.commands SET reply = $3 WHERE scope = $1 AND key = $2`, [
    scope,
    key,
    JSON.stringify(reply),
  ])
  return reply
}

/**
 * Makes the key this transaction's own and answers whether it was free. The lock, which nobody waits for, tells a message
 * under way from one that is done; it ends with the transaction.
 */
async function claim(
  db: Database,
  { schema, scope, key, hash }: { schema: CommandSchema; scope: string; key: string; hash: Buffer },
): Promise<boolean> {
  const [claimed] = await db.query<{ alone: boolean; free: boolean }>(
    `WITH lock AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(hashtextextended($4, 0)) AS alone),
     claimed AS (
       INSERT INTO ${schema}.commands AS known (scope, key, request_hash) SELECT $1, $2, $3 FROM lock WHERE alone
       ON CONFLICT (scope, key) DO UPDATE SET request_hash = excluded.request_hash, reply = NULL, created_at = now()
         WHERE known.created_at <= now() - ${memory}
       RETURNING key)
     SELECT alone, EXISTS (SELECT FROM claimed) AS free FROM lock`,
    [scope, key, hash, `${schema} ${scope} ${key}`],
  )
  if (claimed?.alone !== true) throw keyInUse()
  return claimed.free
}

/** Deletes at most `limit` replies that need not be remembered any longer and answers how many those were. */
export async function forgetCommands(db: Database, schema: CommandSchema, limit: number): Promise<number> {
  const forgotten = await db.query(
    `DELETE FROM ${schema}.commands WHERE (scope, key) IN (
       SELECT scope, key FROM ${schema}.commands WHERE created_at <= now() - ${memory}
       ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED)
     RETURNING key`,
    [limit],
  )
  return forgotten.length
}
