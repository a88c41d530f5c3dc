import { createHash } from 'node:crypto'
import { TicketingError } from './errors.ts'
import type { OperationContext } from './messaging/serve.ts'
import type { Database } from './postgres.ts'

/** Names one operation of one caller: keys of different callers or operations never meet. */
export function commandScope(operation: string, context: OperationContext): string {
  return `${operation} ${context.caller.role}:${context.caller.id}`
}

/** Digest of a parsed request: two requests with one key must have the same. */
export function requestHash(request: unknown): Buffer {
  return createHash('sha256').update(JSON.stringify(request)).digest()
}

export interface Command {
  /** Schema whose `commands` table remembers the reply; a constant of the worker. */
  readonly schema: 'event' | 'booking'
  readonly operation: string
  readonly request: unknown
  readonly context: OperationContext
}

/** Whether a command with this key was carried out already. */
export async function isDone(db: Database, { schema, operation, context }: Command): Promise<boolean> {
  const key = context.idempotencyKey
  if (key === undefined) return false
  const known = await db.query(`SELECT FROM ${schema}.commands WHERE scope = $1 AND key = $2`, [
    commandScope(operation, context),
    key,
  ])
  return known.length > 0
}

/**
 * Runs `work` inside the caller's transaction at most once per idempotency key; a repetition gets the stored reply.
 * A second message with the key waits for the first one's commit. Without a key `work` simply runs. A refusal rolls the
 * transaction back with the key, so that trying again later is a new try.
 * Throws `idempotency_key_reused` when the key came with another request.
 */
export async function once<Reply>(db: Database, command: Command, work: () => Promise<Reply>): Promise<Reply> {
  const { schema, operation, request, context } = command
  const key = context.idempotencyKey
  if (key === undefined) return work()
  const scope = commandScope(operation, context)
  const hash = requestHash(request)
  const claimed = await db.query(
    `INSERT INTO ${schema}.commands (scope, key, request_hash) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING key`,
    [scope, key, hash],
  )
  if (claimed.length === 0) {
    const [stored] = await db.query<{ request_hash: Buffer; reply: string }>(
      `SELECT request_hash, reply FROM ${schema}.commands WHERE scope = $1 AND key = $2`,
      [scope, key],
    )
    if (!stored?.request_hash.equals(hash)) {
      throw new TicketingError('idempotency_key_reused', 'This Idempotency-Key was used for another request.')
    }
    context.markReplayed()
    return JSON.parse(stored.reply) as Reply
  }
  const reply = await work()
  await db.query(`UPDATE ${schema}.commands SET reply = $3 WHERE scope = $1 AND key = $2`, [
    scope,
    key,
    JSON.stringify(reply),
  ])
  return reply
}
