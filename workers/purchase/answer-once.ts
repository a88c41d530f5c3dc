import { createHash, randomUUID } from 'node:crypto'
import type { Contract } from '#shared/contracts/contract.ts'
import { commandScope, requestHash } from '#shared/database/idempotency.ts'
import { TicketingError } from '#shared/errors.ts'
import { remainingMs } from '#shared/messaging/headers.ts'
import type { OperationContext } from '#shared/messaging/serve.ts'
import type { WorkerParts } from '#shared/process/worker.ts'
import { claimCommand, type FinalAnswer, finishCommand, type LongCommand, releaseCommand } from './store/commands.ts'

/** Final answers are kept and repeated; one for the time being is given once, and the next repetition asks anew. */
export type Answer<Reply> = { readonly final: FinalAnswer } | { readonly processing: Reply }

/** A worker that has not answered this long after its request's deadline is dead. */
const deadAfterMs = 1_000

/** The request as it is remembered. A caller who sent no key gets one that nobody repeats. */
export function commandOf(contract: Contract, request: unknown, context: OperationContext): LongCommand {
  const scope = commandScope(contract.operation, context)
  const key = context.idempotencyKey ?? randomUUID()
  const hash = requestHash(request)
  // The request is part of it, because a key may come again with another one when the first is forgotten.
  const providerKey = createHash('sha256')
    .update(JSON.stringify([scope, key, hash.toString('hex')]))
    .digest('base64url')
  return { scope, key, requestHash: hash, providerKey }
}

/**
 * Answers a command by `work`, whose final answer is kept: a repetition gets it word for word. A refusal that `work` throws is
 * no answer: repeating the request is a new try, unless money may be moving on account of it.
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
        log.warn({ err: error }, 'a command stays taken until its time is over'),
      )
    }
  }
  return giveAnswer<Reply>(final)
}

/** A final answer that gives something. */
export function finalReply(reply: unknown): { final: FinalAnswer } {
  return { final: { errorCode: null, reply: JSON.stringify(reply) } }
}

/** A final answer that refuses. */
export function finalRefusal({ code, message, extra }: TicketingError): { final: FinalAnswer } {
  return { final: { errorCode: code, reply: JSON.stringify({ message, extra }) } }
}

/** Gives a final answer, the first time as every other time. Throws when it was a refusal. */
function giveAnswer<Reply>({ errorCode, reply }: FinalAnswer): Reply {
  if (errorCode === null) return JSON.parse(reply) as Reply
  const { message, extra } = JSON.parse(reply) as Pick<TicketingError, 'message' | 'extra'>
  throw new TicketingError(errorCode, message, { extra })
}
