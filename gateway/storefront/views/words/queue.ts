/** Sentences of the waiting room. */
export const queueWords = {
  title: 'Waiting room',
  labels: {
    early: 'Waiting room',
    join: 'Waiting room',
    before: 'You take part',
    waiting: 'In the queue',
    turn: 'Your turn',
    inside: 'You are in',
    over: 'Waiting room',
    none: 'Waiting room',
  },
  opensAt: (time: string, zone: string) => `Sale opens ${time} (${zone}).`,
  drawAt: (time: string, zone: string) => `Places are drawn ${time} (${zone}).`,
  joinFrom: (time: string, zone: string) => `You can join from ${time} (${zone}).`,
  joinFirst:
    'Many people want tickets, so buyers go in one after the other. Join, and this page keeps your place in the queue.',
  join: 'Join the queue',
  joinAgain: 'Join again',
  joining: 'Joining…',
  needsScript: 'Joining the queue needs JavaScript. Everything about the event can be read without it.',
  look: 'Look at the event',

  byLot: (time: string) =>
    `Everybody who joins before ${time} gets a random place: joining early or late makes no difference. Anyone who joins later comes after them.`,
  opensByItself: 'Stay here: this page opens by itself. Reload it, close it, come back: you still take part.',
  drawing: 'Places are being drawn. This takes a few seconds.',

  yourPlace: 'Your place',
  ahead: 'Ahead of you',
  eta: 'Your turn in about',
  unknownEta: 'not known yet',
  soon: 'under a minute',
  minutes: (from: string, to: string) => (from === to ? `${from} min` : `${from}–${to} min`),
  entering: 'Entering now',
  aMinute: (count: string) => `${count} a minute`,
  kept: (minutes: number) =>
    `This page updates itself. Reload it, close it, come back: your place is kept. When it is your turn you have ${minutes} minutes to choose.`,
  paused: 'The queue is paused',
  pausedText: 'Nobody goes in at the moment. Your place is kept.',
  offline: 'No connection',
  oldFigures: (why: string, time: string) =>
    `${why}. These figures are from ${time}. Your place is kept, and we keep trying.`,
  ring: 'Ring when it is my turn',
  ringing: 'Rings when it is your turn',
  leave: 'Leave the queue',

  turn: 'It is your turn.',
  turnTitle: 'It is your turn',
  goIn: (minutes: number) =>
    `Go in before the clock runs out, or the next buyer is called. Then you have ${minutes} minutes to choose.`,
  choose: 'Choose seats',
  choosing: 'Opening…',
  wait: 'Others are going in right now. You are next; stay here.',

  inside: (clock: string) => `${clock} left to choose.`,
  insideTitle: 'You may choose',
  giveUp: 'Give up my turn',

  missed: 'Your turn passed',
  missedText: 'You were called and did not go in. You can join again, at the end of the queue.',
  ended: 'Your turn is over',
  endedText:
    'Your time to choose ran out, or you have already bought. The places that you hold stay yours until their clock runs out.',
  left: 'You left the queue',
  leftText: 'Your place went to the next buyer. You can join again, at the end of the queue.',
  none: 'There is no queue now',
  noneText: 'Nobody has to wait: see what is free, and choose.',
  toPlaces: 'See seats and prices',
  full: 'The queue is full',
  fullText: 'It has no room for more people. Try again later: some people leave.',
  noAnswer: 'No answer came',
  tryAgain: 'Try again',

  howDrawn: 'How was my place drawn?',
  howWillDraw: 'How are places drawn?',
  drawIs: [
    'A secret number decides the order. Its fingerprint (the commitment below) was public before anybody could join. The secret itself is published with the order.',
    'When joining closes, the list of everybody who takes part is sealed, and its seal (the root) is published at once. Then anybody can compute the order and compare.',
  ],
  commitment: 'Commitment',
  root: 'Root',
  notYet: 'published when joining closes',
  took: (count: string) => `${count} took part`,
  canCheat: 'Who could cheat?',
  bots: 'What about bots?',
  checkDraw: 'All figures of the draw',
  receipt: 'My receipt',
  howOrdered: 'How does the queue work?',
  order:
    'The queue is first come, first served, by the moment your request to join arrived. One person has one place, in all tabs and on all devices.',
  skipped:
    'If you are not there when called, you are passed over. Come back within ten minutes and you are first in the queue.',
} as const
