/** Sentences of waiting lists. */
export const waitingListWords = {
  title: 'Waiting list',
  intro:
    'Places become free when others give theirs back or do not pay. They go to the buyers on the list, in the order of joining.',
  howMany: 'How many',
  where: 'Which places',
  any: 'Any',
  accessible: 'For a wheelchair user and companions',
  join: (count: number) => (count === 1 ? 'Wait for 1 place' : `Wait for ${count} places`),
  joining: 'Joining…',
  offerMeans: 'When it is your turn, we hold the places for you for a while. Waiting costs nothing.',
  needsScript: 'Joining the list needs JavaScript.',
  toEvent: 'To the event',

  waitingTitle: (count: number) => (count === 1 ? 'You wait for 1 place' : `You wait for ${count} places`),
  kind: (name: string) => `Only ${name}.`,
  ahead: (count: string, isOne: boolean) => (isOne ? '1 buyer is ahead of you.' : `${count} buyers are ahead of you.`),
  first: 'You are the first.',
  overtaken: (count: number) =>
    `Fewer places than you want became free and went to a buyer behind you: ${count === 1 ? 'once' : `${count} times`}. After three times, free places are saved up for you.`,
  byItself: 'You need not do anything: offers appear here and in your bookings.',
  leave: 'Leave the list',

  offeredTitle: (count: number) => (count === 1 ? '1 place is yours' : `${count} places are yours`),
  offeredText: (clock: string) => `${clock} left to pay. Then they go to the next buyer.`,
  take: 'Continue to payment',
  refuse: 'Give them back',

  states: {
    waiting: 'Waiting',
    offered: 'Yours, not paid yet',
    converted: 'Bought',
    expired: 'Not paid in time',
    left: 'Left',
    ended: 'Ended',
  },
  converted: { title: 'Bought', text: 'Your tickets are in your bookings.' },
  expired: {
    title: 'Your places went to the next buyer',
    text: 'They were not paid for in time. You can join again, at the end.',
  },
  left: { title: 'You left the list', text: 'You can join again, at the end.' },
  ended: {
    event_cancelled: { title: 'The event is cancelled', text: 'Nothing was charged.' },
    event_rescheduled: { title: 'The event has another date', text: 'The list has ended. You can join again.' },
    sale_ended: { title: 'The sale has ended', text: 'No more places come back.' },
    ticket_limit: { title: 'You have reached the ticket limit', text: 'So you are no longer on the list.' },
  },
  freeTitle: 'These places are free now',
  freeText: 'No need to wait: hold them on the page of the event.',
  offline: 'No connection. Your place on the list is kept.',
  onLists: 'Waiting lists',
} as const
