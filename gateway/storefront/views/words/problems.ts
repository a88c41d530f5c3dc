/** Headings and texts of problem pages: what happened, and what the reader can do next. */

export interface ProblemWords {
  readonly heading: string
  readonly text: string
  /** Whether the text asks the reader to tell us the number of the request. */
  readonly hasNumber?: true
}

const unavailable: ProblemWords = {
  heading: 'This page is not available right now.',
  text: 'Nothing is lost: what you hold and what you bought stays yours. Try again in a few seconds.',
}

const byCode: Readonly<Record<string, ProblemWords>> = {
  event_not_found: {
    heading: 'This event is not here.',
    text: 'The address may be mistyped, or the event was removed. See what else is on.',
  },
  not_found: {
    heading: 'Nothing is at this address.',
    text: 'The address may be mistyped, or the page belongs to somebody else.',
  },
  validation_failed: { heading: 'This address does not work.', text: 'Part of it is wrong:' },
  rate_limited: {
    heading: 'Too many requests.',
    text: 'Your network has sent too many requests. Wait a moment, then load the page again.',
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
  text: 'The fault is ours. Try again. If it happens again, tell us the number below.',
  hasNumber: true,
}

export function problemWords(code: string): ProblemWords {
  return byCode[code] ?? other
}

export const nextSteps = {
  whatsOn: 'See what’s on',
  number: 'Number',
  again: 'Try again',
  wait: (seconds: number) => (seconds === 1 ? 'Try again in 1 second.' : `Try again in ${seconds} seconds.`),
}
