/** What the sandbox does with a charge that comes with a payment token: authorises it, unless something is said here. */
export interface TokenBehaviour {
  /** Declines it, for this reason. */
  readonly declineCode?: string
  readonly answerAfterMs?: number
  /** `request`: as if it had never arrived; `first answer`: the charge is made, but only repetitions are answered. */
  readonly loses?: 'request' | 'first answer'
}

const behaviours: ReadonlyMap<string, TokenBehaviour> = new Map<string, TokenBehaviour>([
  ['tok_ok', {}],
  ['tok_declined', { declineCode: 'card_declined' }],
  ['tok_slow', { answerAfterMs: 3_000 }],
  ['tok_timeout_then_ok', { loses: 'first answer' }],
  ['tok_timeout_then_fail', { loses: 'request' }],
])

export function behaviourOf(token: string): TokenBehaviour {
  return behaviours.get(token) ?? { declineCode: 'unknown_token' }
}
