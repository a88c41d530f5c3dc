/** Sentences of the session page. */
export const sessionWords = {
  heading: 'Who are you?',
  demo: 'This is a demo: any name will do, and nobody checks it. Your bookings stand under it.',
  name: 'Name',
  nameHint: 'Letters and digits without blanks, such as ines.moreau',
  nameFault: 'A name has 1 to 128 letters or digits and no blanks.',
  submit: 'Go on',
  submitting: 'One moment…',
  offline: 'No connection. Try again.',
  signIn: 'Sign in first.',
  signInText: 'Your bookings belong to your account. Sign in where you have it, then come back to this page.',
  back: 'Back',
  noScript: 'This page needs JavaScript to sign you in.',
}
