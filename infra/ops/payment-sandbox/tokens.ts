/** What the sandbox does with a charge that comes with a payment token: all as one hopes, unless something is said here. */
export interface TokenBehaviour {
  /** Declines it, for this reason. */
  readonly declineCode?: string
  /** Authorises it, but refuses for good to capture it, for this reason. */
  readonly captureDeclineCode?: string
  readonly answerAfterMs?: number
  /** `request`: as if it had never arrived; `first answer`: the charge is made, but only repetitions are answered. */
  readonly loses?: 'request' | 'first answer'
  /** `twice`: at the same moment; `before reply`: the callback about the authorisation comes before the answer. */
  readonly callbacks?: 'twice' | 'before reply' | 'never'
}

const behaviours: ReadonlyMap<string, TokenBehaviour> = new Map<string, TokenBehaviour>([
  ['tok_ok', {}],
  ['tok_declined', { declineCode: 'card_declined' }],
  ['tok_capture_fails', { captureDeclineCode: 'capture_refused' }],
  ['tok_slow', { answerAfterMs: 3_000 }],
  ['tok_timeout_then_ok', { loses: 'first answer' }],
  ['tok_timeout_then_fail', { loses: 'request' }],
  ['tok_webhook_twice', { callbacks: 'twice' }],
  ['tok_webhook_before_reply', { callbacks: 'before reply' }],
  ['tok_webhook_never', { callbacks: 'never' }],
])

/** `null` stands for a token that was not kept: one of nobody's, or of a time when none was kept. */
export function behaviourOf(token: string | null): TokenBehaviour {
  return behaviours.get(token ?? 'tok_ok') ?? { declineCode: 'unknown_token' }
}

export function isKnown(token: string): boolean {
  return behaviours.has(token)
}
