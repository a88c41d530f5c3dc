import type { Caller } from '#shared/messaging/caller.ts'
import type { IdentifyOptions } from '../identity/identify.ts'

export interface CountedCaller {
  /** Address that limits count. */
  client: string
  caller: Caller
  /** The name that the caller gave, by token or claim; '' for a guest, whose name is made anew each time. */
  knownAs: string
}

/**
 * Whose request it is for the limits of a class: that of a caller with a token by name, in demo mode, where names cost nothing, by
 * address and name together, everybody else's by address.
 */
export function callerKey({ client, caller, knownAs }: CountedCaller, mode: IdentifyOptions['mode']): string {
  if (mode === 'demo') return `${client} ${knownAs}`
  return caller.role === 'anonymous' ? client : `${caller.role}:${caller.id}`
}
