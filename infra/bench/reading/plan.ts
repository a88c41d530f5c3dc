/* What is measured, against whom, and for how long. */

export const peers = ['moleculer', 'nestjs'] as const
type Peer = (typeof peers)[number]

export type SystemName = 'ours' | 'koa' | 'koa-obvious' | Peer

export const scenarios = ['hit', 'page', 'hit+limit', 'miss', 'refused'] as const
export type Scenario = (typeof scenarios)[number]

/** Closed loops: each connection asks again as soon as it has its answer. */
export const connectionCounts = [50, 200] as const

/** Who answers what. Bare Koa stands beside the limited hits too, without a limit, so that both are measured at the same time. */
const answering: Readonly<Record<Scenario, readonly SystemName[]>> = {
  hit: ['ours', 'koa', 'koa-obvious', 'moleculer', 'nestjs'],
  // Of the storefront, which the others do not have.
  page: ['ours'],
  'hit+limit': ['ours', 'koa', 'koa-obvious', 'moleculer', 'nestjs'],
  miss: ['ours', 'koa-obvious', 'moleculer', 'nestjs'],
  refused: ['ours', 'koa-obvious', 'moleculer', 'nestjs'],
}

/** Who of those that run answers that. */
export function systemsAnswering(scenario: Scenario, running: ReadonlySet<SystemName>): readonly SystemName[] {
  return answering[scenario].filter((system) => running.has(system))
}

/** The order within a round: every other one backwards, so that none always comes after the same neighbour. */
export function inTurn<Value>(values: readonly Value[], round: number): readonly Value[] {
  return round % 2 === 0 ? values : values.toReversed()
}

export type Lengths = Readonly<typeof fullRun>

export const fullRun = {
  rounds: 5,
  /** For each system and scenario, again and again until it has given enough answers for its code to be compiled, or often enough. */
  warmUpMs: 5_000,
  warmUpAnswers: 60_000,
  mostWarmUps: 12,
  /** Before each measurement, once all connections have had an answer. */
  leadInMs: 1_000,
  measuredMs: 2_000,
  catalogueEvents: 10_000,
}

/** Shows that everything works, and about where it stands. */
export const quickRun: Lengths = {
  ...fullRun,
  rounds: 3,
  warmUpMs: 300,
  mostWarmUps: 1,
  leadInMs: 150,
  measuredMs: 600,
}

/** In each class of requests that is not to be refused, on both sides: ten times what ours allows by itself. */
export const maximumPerMinute = 600_000
/** What the class `my-bookings` of ours allows. */
export const bookingsPerMinute = 10
export const callers = 1_000
