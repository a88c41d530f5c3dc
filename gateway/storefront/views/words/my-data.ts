/** Sentences of the page about the reader's data. */
export const myDataWords = {
  title: 'My data',
  signedInAs: (user: string) => `You are signed in as ${user}.`,
  signOut: 'Sign out',
  download: 'Download my data',
  downloadText: 'One file with your holds, bookings, tickets, waiting lists, payments and refunds.',
  erase: 'Erase my data',
  eraseText:
    'If you erase your data, you lose access to your bookings and tickets, and leave all waiting lists. Records of bookings and payments stay, but no longer name you.',
  confirmText: 'This cannot be undone.',
  confirm: 'Erase for good',
  erasing: 'Erasing…',
  erased: { title: 'Your data is erased.', text: 'What stays no longer names you.' },
  blocked: {
    hold: 'You hold places. Release them or pay for them first.',
    payment: 'A payment of yours is in progress.',
    refund: 'A refund to you is on its way.',
    ticket: 'You have a ticket that you have not used.',
  } as Readonly<Record<string, string>>,
  tryAgainAfter: (time: string) => `You can erase your data after ${time}.`,
  offline: 'No connection. Try again: nothing happens twice.',
  toWhatsOn: 'See what’s on',
  noScript: 'Signing out and erasing need JavaScript.',
}
