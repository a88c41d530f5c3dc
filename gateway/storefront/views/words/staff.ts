/** Sentences of all pages for staff, of the desk and the door. */

export const loading = 'Loading…'
export const noScript = 'This page needs JavaScript.'
export const signIn = 'Sign in'
export const signingIn = 'Signing in…'
export const signOut = 'Sign out'
export const keyWrong = 'This key is not valid.'
export const tooMany = 'Too many wrong keys came from your network. Wait a minute, then try again.'
export const offline = 'No connection. Try again.'
export const failed = (detail: string) => `This did not work: ${detail}`
