/** Sentences of the session page. */
export const sessionWords = {
  heading: 'Sign in',
  demo: 'This is a demo: any name works, and nobody checks it. Your bookings are kept under this name.',
  name: 'Name',
  nameHint: 'Letters and digits without spaces, such as ines.moreau',
  nameFault: 'A name has 1 to 128 letters or digits and no spaces.',
  submit: 'Sign in',
  submitting: 'Signing in…',
  offline: 'No connection. Try again.',
  signIn: 'Sign in first.',
  signInText: 'Your bookings belong to your account. Sign in there, then come back.',
  back: 'Back',
  noScript: 'This page needs JavaScript to sign you in.',
}
