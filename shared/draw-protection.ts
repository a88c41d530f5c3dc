/* What the draw of a waiting room prevents and what it does not, in words for buyers. Pages show it. */

export interface Protection {
  readonly who: string
  readonly canCheat: string
}

/** Who could turn a draw in their favour. */
export const drawProtection: readonly Protection[] = [
  {
    who: 'Somebody who joins late',
    canCheat: 'No. The secret of the draw is unknown to them, and the server makes all entries.',
  },
  {
    who: 'The organiser, after the pre-queue has closed',
    canCheat: 'No. Commitment and root bind them. A receipt whose entry is missing from the roll is proof.',
  },
  {
    who: 'The organiser, before the pre-queue has closed',
    canCheat:
      'Yes, in a draw without a beacon: anybody who knows the secret can add entrants until a friend is well placed. A public random value that is unknown when the root is published prevents this.',
  },
  {
    who: 'The organiser, by showing different people different roots',
    canCheat: 'Only if nobody compares them. The root is in the public state of the queue, and in every receipt.',
  },
  {
    who: 'The organiser, by admitting friends without the queue',
    canCheat: 'Passes without the queue are counted, and their number is public.',
  },
]

/** What the waiting room does against bots. */
export const botProtection: readonly { readonly what: string; readonly how: string }[] = [
  {
    what: 'Protected',
    how: 'Speed, because the draw makes being first worthless; many tabs; used passes; passes of others; guessing.',
  },
  { what: 'Made dearer', how: 'Many places from one address; joining without a session.' },
  { what: 'Not protected', how: 'One person with many verified accounts; rented phones; resale.' },
]
