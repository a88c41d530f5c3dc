/** What a problem is called on a page of its own, and what can be done next. */

export interface ProblemWords {
  readonly heading: string
  readonly text: string
}

const unavailable: ProblemWords = {
  heading: 'This page is not available right now.',
  text: 'Nothing is lost: what you hold and what you bought stays yours. Try again in a few seconds.',
}

const byCode: Readonly<Record<string, ProblemWords>> = {
  event_not_found: {
    heading: 'This event is not here.',
    text: 'Its address may be mistyped, or it was taken off. See what else is on.',
  },
  not_found: {
    heading: 'Nothing is at this address.',
    text: 'It may be mistyped, or belong to somebody else.',
  },
  validation_failed: { heading: 'This address does not work.', text: 'A part of it is not what we expect:' },
  rate_limited: {
    heading: 'Too many requests.',
    text: 'Your network has sent more than we answer. Wait a moment, then load the page again.',
  },
  unauthenticated: { heading: 'Sign in first.', text: 'Then this page opens.' },
  method_not_allowed: { heading: 'This does not work that way.', text: 'Go back to the page before, and try again.' },
  misdirected: { heading: 'This name is not served here.', text: '' },
  no_worker: unavailable,
  unavailable,
  overloaded: {
    heading: 'Many people are here right now.',
    text: 'Nothing is lost: what you hold and what you bought stays yours. Try again in a few seconds.',
  },
  worker_timeout: unavailable,
}

const other: ProblemWords = {
  heading: 'This did not work.',
  text: 'The fault is ours. Try again; if it stays, tell us the number below.',
}

export function problemWords(code: string): ProblemWords {
  return byCode[code] ?? other
}

export const nextSteps = {
  whatsOn: 'See what’s on',
  again: 'Try again',
  wait: (seconds: number) => (seconds === 1 ? 'Try again in 1 second.' : `Try again in ${seconds} seconds.`),
}
