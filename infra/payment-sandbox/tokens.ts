/** What the sandbox does with a payment token. */
export interface TokenBehaviour {
  /** `not_even_seen`: as if the request had been lost on its way. */
  readonly decision: 'authorise' | 'decline' | 'not_even_seen'
  readonly declineCode?: string
  readonly answerAfterMs?: number
  /** The first request with a key is never answered; repetitions are. */
  readonly firstAnswer?: 'never'
}

const behaviours: ReadonlyMap<string, TokenBehaviour> = new Map<string, TokenBehaviour>([
  ['tok_ok', { decision: 'authorise' }],
  ['tok_declined', { decision: 'decline', declineCode: 'card_declined' }],
  ['tok_slow', { decision: 'authorise', answerAfterMs: 3_000 }],
  ['tok_timeout_then_ok', { decision: 'authorise', firstAnswer: 'never' }],
  ['tok_timeout_then_fail', { decision: 'not_even_seen' }],
])

export function behaviourOf(token: string): TokenBehaviour {
  return behaviours.get(token) ?? { decision: 'decline', declineCode: 'unknown_token' }
}
