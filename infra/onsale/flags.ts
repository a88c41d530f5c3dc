import { eventId } from '#shared/contracts/fields.ts'
import { parseCommandLine, wholeNumber, wrongUsage } from '../command-line.ts'

export interface OnsaleFlags {
  /** Undefined: an event is made. */
  readonly eventId: string | undefined
  readonly buyers: number
  /** Of an event that is made. */
  readonly seats: number
  readonly seed: number
  /** By how much time is compressed. */
  readonly pace: number
  /** Calls a minute of the waiting room, whatever the system bears; undefined: its controller decides. */
  readonly fixedRate: number | undefined
  /** Base URL of a gateway; undefined: the running system's, else a system is started. */
  readonly url: string | undefined
  readonly ownHost: boolean
}

export const usage = `Usage: npm run onsale -- [flags]
Plays the crowd of an on-sale over HTTP, and judges it by the system's own records. Exit code 0: all is as it must be; 1: something is
not; 2: it could not be played or judged.
  --event ID           an event on sale, which gets a waiting room, or other settings of its own; without it an event is made
  --buyers 10000       how many come
  --seats 5000         of the event that is made
  --seed 42            decides what every buyer is like
  --pace 20            by how much time is compressed: people choose for 3 s instead of a minute
  --fixed-rate 900     the waiting room calls so many a minute, whatever the system bears
  --url URL            a gateway; without it the running system's, else a system is started for the run
  --i-own-this-host    needed for a gateway on another machine
The report is .data/onsale/report.html, the figures are .data/onsale/latest.json.`

const options = {
  event: { type: 'string' },
  buyers: { type: 'string', default: '10000' },
  seats: { type: 'string', default: '5000' },
  seed: { type: 'string', default: '42' },
  pace: { type: 'string', default: '20' },
  'fixed-rate': { type: 'string' },
  url: { type: 'string' },
  'i-own-this-host': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

/** Null when help was asked for. Throws `ExplainedError` with the usage when a flag is wrong. */
export function readFlags(args: readonly string[]): OnsaleFlags | null {
  const { values } = parseCommandLine(args, { options }, usage)
  if (values.help) return null
  if (values.event !== undefined && !eventId.safeParse(values.event).success) {
    throw wrongUsage(`--event ${values.event}: that is not the id of an event`, usage)
  }
  if (values.url !== undefined && !(/^http:\/\/[^/]+$/.test(values.url) && URL.canParse(values.url))) {
    throw wrongUsage('--url must be like http://127.0.0.1:8080', usage)
  }
  const rate = values['fixed-rate']
  return {
    eventId: values.event,
    // More sockets than that one process cannot open.
    buyers: wholeNumber('--buyers', values.buyers, { from: 1, to: 50_000, usage }),
    seats: wholeNumber('--seats', values.seats, { from: 1, to: 100_000, usage }),
    seed: wholeNumber('--seed', values.seed, { from: 0, to: 2 ** 31, usage }),
    pace: wholeNumber('--pace', values.pace, { from: 1, to: 200, usage }),
    fixedRate: rate === undefined ? undefined : wholeNumber('--fixed-rate', rate, { from: 1, to: 60_000, usage }),
    url: values.url,
    ownHost: values['i-own-this-host'],
  }
}
