import { resolve } from 'node:path'
import { eventId, instant } from '#shared/contracts/fields.ts'
import { readRunningSystem } from '#shared/process/config.ts'
import { parseCommandLine, wrongUsage } from '../../command-line.ts'
import { ianaZone } from './formats/time-zone.ts'

export interface ImportConfig {
  readonly files: readonly string[]
  /** Move past dates into the coming months. */
  readonly reschedule: boolean
  readonly seating: SeatingChoices
  /** Of a system that runs already, or `null`. */
  readonly natsUrl: string | null
  readonly natsCa: string | undefined
  /** What to show in commands to copy. */
  readonly gatewayUrl: string
}

/** What the user says about a seating plan; a file cannot know it. */
export interface SeatingChoices {
  /** `null`: the plan gets an event of its own. */
  readonly eventId: string | null
  readonly price: Price | null
  /** `null` leaves the sale as it is. */
  readonly onSale: 'now' | string | null
  /** Of an event that is made for a plan. */
  readonly tz: string
}

export interface Price {
  readonly minor: number
  readonly currency: string
}

export const usage = `Usage: npm run import -- FILE… [--reschedule]
       npm run import -- PLAN --price 5000EUR [--event ID] [--on-sale now]

Takes events (Ticketmaster Discovery v2 JSON, flat events one JSON object a line) and seating plans (pretix, Ticketmaster
place detail, stands and rows), and recognises each file's format itself. Importing a file again changes nothing.

  --reschedule        move past dates by whole weeks into the coming months; an event keeps the shift it was given first
  --price 5000EUR     for plans: what a seat costs, in minor units of the currency (5000EUR is 50.00 EUR)
  --event ID          for one plan: the event that gets it; without it the plan gets an event of its own
  --on-sale now       for plans: open the sale now, or at an instant such as 2031-05-01T10:00:00+02:00
  --tz Europe/Berlin  for plans without --event: time zone of the event that is made (UTC)`

/** Reads arguments and environment; `null` when help was asked for. Throws `ExplainedError` naming what is wrong. */
export function readImportConfig(args: string[], env: NodeJS.ProcessEnv): ImportConfig | null {
  const { values, positionals: files } = parseCommandLine(args, { options, allowPositionals: true }, usage)
  if (values.help) return null
  if (files.length === 0) throw wrongUsage('Name at least one file.', usage)
  if (values.event !== undefined && files.length > 1)
    throw wrongUsage('--event takes one seating plan and no other file.', usage)
  const running = readRunningSystem(env)
  return {
    // npm runs us in the project's folder and says here in which one the user is.
    files: files.map((file) => resolve(env.INIT_CWD ?? '', file)),
    reschedule: values.reschedule,
    seating: {
      eventId: values.event === undefined ? null : parseEventId(values.event),
      price: values.price === undefined ? null : parsePrice(values.price),
      onSale: values['on-sale'] === undefined ? null : parseOnSale(values['on-sale']),
      tz: parseZone(values.tz),
    },
    natsUrl: env.NATS_URL || running?.nats_urls.operator || null,
    natsCa: env.NATS_CA,
    gatewayUrl: running?.gateways[0] ?? 'http://localhost:8080',
  }
}

/** `5000EUR`: minor units and ISO 4217 code. */
export function parsePrice(value: string): Price {
  const match = /^(\d{1,12})([A-Z]{3})$/.exec(value)
  if (!match) {
    throw wrongUsage(`--price is minor units and a currency, such as 5000EUR for 50.00 EUR; "${value}" is not.`, usage)
  }
  const [, minor = '', currency = ''] = match
  return { minor: Number(minor), currency }
}

const options = {
  reschedule: { type: 'boolean', default: false },
  event: { type: 'string' },
  price: { type: 'string' },
  'on-sale': { type: 'string' },
  tz: { type: 'string', default: 'UTC' },
  help: { type: 'boolean', short: 'h', default: false },
} as const

function parseEventId(value: string): string {
  const parsed = eventId.safeParse(value)
  if (!parsed.success)
    throw wrongUsage(`--event is the id of an event, such as those of GET /events; "${value}" is not.`, usage)
  return parsed.data
}

function parseOnSale(value: string): string {
  if (value === 'now' || instant.safeParse(value).success) return value
  throw wrongUsage(`--on-sale is now or an instant such as 2031-05-01T10:00:00+02:00; "${value}" is not.`, usage)
}

function parseZone(value: string): string {
  const zone = ianaZone(value)
  if (zone === null) throw wrongUsage(`--tz is an IANA time zone such as Europe/Berlin; "${value}" is not.`, usage)
  return zone
}
