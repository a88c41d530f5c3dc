import { createHash, randomUUID } from 'node:crypto'
import type { Contract } from '#shared/contracts/contract.ts'
import { commandScope, requestHash } from '#shared/database/idempotency.ts'
import { TicketingError } from '#shared/errors.ts'
import { remainingMs } from '#shared/messaging/headers.ts'
import type { OperationContext } from '#shared/messaging/serve.ts'
import type { WorkerParts } from '#shared/process/worker.ts'
import { claimCommand, type FinalAnswer, finishCommand, type LongCommand, releaseCommand } from './store/commands.ts'

/** A final answer is stored and repeated. A provisional one is sent once, and the next repetition works again. */
export type Answer<Reply> = { readonly final: FinalAnswer } | { readonly processing: Reply }

/** A worker that has not answered this long after its request's deadline counts as dead. */
const deadAfterMs = 1_000

/** The request in its stored form. A request without a key gets a random one, which nobody repeats. */
export function commandOf(contract: Contract, request: unknown, context: OperationContext): LongCommand {
  const scope = commandScope(contract.operation, context)
  const key = context.idempotencyKey ?? randomUUID()
  const hash = requestHash(request)
  // Includes the request: after the first request is forgotten, a key may come with another one.
  const providerKey = createHash('sha256')
    .update(JSON.stringify([scope, key, hash.toString('hex')]))
    .digest('base64url')
  return { scope, key, requestHash: hash, providerKey }
}

/**
 * Answers a command by `work` and stores its final answer, which every repetition gets unchanged. An error thrown by `work` is not final:
 * repeating the request is a new try, unless money may be moving for it.
 */
export async function answerOnce<Reply>(
  { postgres, log }: WorkerParts,
  command: LongCommand,
  context: OperationContext,
  work: () => Promise<Answer<Reply>>,
): Promise<Reply> {
  const earlier = await claimCommand(postgres, command, remainingMs(context) + deadAfterMs)
  if (earlier) {
    context.markReplayed()
    return giveAnswer<Reply>(earlier)
  }
  let final: FinalAnswer | undefined
  try {
    const answer = await work()
    if ('processing' in answer) return answer.processing
    final = await finishCommand(postgres, command, answer.final)
  } finally {
    if (final === undefined) {
      await releaseCommand(postgres, command).catch((error: unknown) =>
        log.warn({ err: error }, 'a command stays claimed until its lease ends'),
      )
    }
  }
  return giveAnswer<Reply>(final)
}

/** A final answer with a reply. */
export function finalReply(reply: unknown): { final: FinalAnswer } {
  return { final: { errorCode: null, reply: JSON.stringify(reply) } }
}

/** A final answer with an error. */
export function finalRefusal({ code, message, extra }: TicketingError): { final: FinalAnswer } {
  return { final: { errorCode: code, reply: JSON.stringify({ message, extra }) } }
}

/** Returns a final answer, whether new or repeated; throws if it is an error. */
function giveAnswer<Reply>({ errorCode, reply }: FinalAnswer): Reply {
  if (errorCode === null) return JSON.parse(reply) as Reply
  const { message, extra } = JSON.parse(reply) as Pick<TicketingError, 'message' | 'extra'>
  throw new TicketingError(errorCode, message, { extra })
}
