import { createHash } from 'node:crypto'
import { TicketingError } from '#shared/errors.ts'
import { user } from '#shared/messaging/caller.ts'
import { remainingMs } from '#shared/messaging/headers.ts'
import { timedOut } from '#shared/messaging/message.ts'
import type { OperationContext } from '#shared/messaging/serve.ts'
import { columnsOf } from './columns.ts'
import type { Database } from './postgres.ts'

/*
 * A command runs at most once for each idempotency key. `once` does this for one command; `findReplies` and `storeReplies` do it
 * for many in one transaction.
 */

/** Identifies one operation of one caller: keys of different callers or operations are independent. */
export function commandScope(operation: string, { caller }: Pick<OperationContext, 'caller'>): string {
  return `${operation} ${caller.role}:${caller.id}`
}

/** The hash of a request, which distinguishes a repetition from another request with the same key. */
export function requestHash(request: unknown): Buffer {
  return createHash('sha256').update(JSON.stringify(request)).digest()
}

/** Schemas with a table `commands` as `once` uses it. */
type CommandSchema = 'event' | 'booking'

export interface Command {
  readonly schema: CommandSchema
  readonly operation: string
  readonly request: unknown
  readonly context: OperationContext
}

/** How long a reply is stored, as an interval of Postgres; then its key counts as new. */
export const rememberedFor = '24 hours'
const memory = `interval '${rememberedFor}'`

/** The refusal of a key that came with another request before. */
export function keyReused(): TicketingError {
  return new TicketingError('idempotency_key_reused', 'This Idempotency-Key was used for another request.')
}

/** The refusal of a key whose first request is still running. */
export function keyInUse(): TicketingError {
  return new TicketingError(
    'idempotency_key_in_use',
    'A request with this Idempotency-Key is still running; repeat it in a moment to get its answer.',
  )
}

/** Whether the command of a context has a stored reply. */
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
 * Runs `work` in the caller's transaction: at most once per idempotency key, or always without a key. A repetition gets the stored reply. A
 * refusal rolls back the key with the transaction, so the request can be repeated. Throws `idempotency_key_in_use` while another message
 * with the key is running, `idempotency_key_reused` if the key came with another request, and `worker_timeout` if the caller no longer
 * waits.
 */
export async function once<Reply>(db: Database, command: Command, work: () => Promise<Reply>): Promise<Reply> {
  const { schema, operation, request, context } = command
  // Waiting for a connection may have used up the caller's time.
  if (remainingMs(context) <= 0) throw timedOut()
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
  const values = [scope, key, JSON.stringify(reply)]
  await db.execute(`UPDATE ${schema}.commands SET reply = $3 WHERE scope = $1 AND key = $2`, values)
  return reply
}

/**
 * Takes the key for this transaction and returns whether it was free. The advisory lock ends with the transaction and is never waited for:
 * it distinguishes a running command from a finished one.
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

/**
 * The first step of `once`, for many commands of one transaction. Returns, for each command that must not run, its stored reply or its
 * refusal. Takes the free keys of all others, in order: call `storeReplies` for those in the same transaction. Never waits.
 */
export async function findReplies(
  db: Database,
  commands: readonly Command[],
): Promise<ReadonlyMap<Command, { readonly stored: string } | { readonly refusal: TicketingError }>> {
  const keyed = commands.filter(hasKey)
  const [first] = keyed
  if (first === undefined) return new Map()
  const { schema } = first
  const scopes = keyed.map(scopeOf)
  const keys = keyed.map(({ context }) => context.idempotencyKey)
  // Two statements: a reply that was committed before its key was taken must be seen.
  const [locks, known] = await Promise.all([
    db.query<{ alone: boolean }>(
      `SELECT pg_try_advisory_xact_lock(hashtextextended(name, 0)) AS alone
       FROM unnest($1::text[]) WITH ORDINALITY AS lock (name, n) ORDER BY n`,
      [keys.map((key, index) => `${schema} ${scopes[index]} ${key}`)],
    ),
    db.query<{ n: number; request_hash: Buffer; reply: string }>(
      `SELECT n::int - 1 AS n, request_hash, reply FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS wanted (scope, key, n)
       JOIN ${schema}.commands USING (scope, key) WHERE created_at > now() - ${memory}`,
      [scopes, keys],
    ),
  ])
  const earlier = new Map(known.map((each) => [each.n, each]))
  const found = new Map<Command, { stored: string } | { refusal: TicketingError }>()
  for (const [index, command] of keyed.entries()) {
    const { request_hash: hash, reply = '' } = earlier.get(index) ?? {}
    if (locks[index]?.alone !== true) found.set(command, { refusal: keyInUse() })
    else if (hash?.equals(requestHash(command.request))) found.set(command, { stored: reply })
    else if (hash !== undefined) found.set(command, { refusal: keyReused() })
  }
  return found
}

/** Stores the replies of commands whose keys `findReplies` has taken. */
export async function storeReplies(
  db: Database,
  replies: readonly { readonly command: Command; readonly reply: unknown }[],
): Promise<void> {
  const keyed = replies.filter(({ command }) => hasKey(command))
  const [first] = keyed
  if (first === undefined) return
  await db.execute(
    `INSERT INTO ${first.command.schema}.commands AS known (scope, key, request_hash, reply)
     SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[], $4::text[])
     ON CONFLICT (scope, key) DO UPDATE SET request_hash = excluded.request_hash, reply = excluded.reply, created_at = now()
       WHERE known.created_at <= now() - ${memory}`,
    columnsOf(keyed, ({ command, reply }) => {
      const { request, context } = command
      return [scopeOf(command), context.idempotencyKey, requestHash(request), JSON.stringify(reply)]
    }),
  )
}

/** Deletes the stored replies of a user's commands. */
export async function forgetReplies(
  db: Database,
  { schema, operations, userId }: { schema: CommandSchema; operations: readonly string[]; userId: string },
): Promise<void> {
  const scopes = operations.map((operation) => commandScope(operation, { caller: user(userId) }))
  await db.execute(`DELETE FROM ${schema}.commands WHERE scope = ANY($1)`, [scopes])
}

function hasKey({ context }: Command): boolean {
  return context.idempotencyKey !== undefined
}

function scopeOf({ operation, context }: Command): string {
  return commandScope(operation, context)
}
