import { resolve } from 'node:path'
import { z } from 'zod'
import { eventId, instant, knownCurrency } from '#shared/contracts/fields.ts'
import { readRunningSystem } from '#shared/process/config.ts'
import { parseCommandLine, wrongUsage } from '../../command-line.ts'
import { ianaZone } from './formats/time-zone.ts'

export interface ImportConfig {
  readonly files: readonly string[]
  /** Move past dates into the coming months. */
  readonly reschedule: boolean
  readonly seating: SeatingChoices
  /** NATS URL of the running system; `null` if none runs. */
  readonly natsUrl: string | null
  readonly natsCa: string | undefined
  /** What to show in commands to copy. */
  readonly gatewayUrl: string
}

/** What the user says about a seating plan; a file cannot know it. */
export interface SeatingChoices {
  /** `null`: the plan gets a new event. */
  readonly eventId: string | null
  readonly price: Price | null
  /** `null` leaves the sale as it is. */
  readonly onSale: 'now' | string | null
  /** Time zone of an event that is made for a plan. */
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
  --event ID          for one plan: the event that gets it; without it the plan gets a new event
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
      eventId: values.event === undefined ? null : checked('event', values.event),
      price: values.price === undefined ? null : parsePrice(values.price),
      onSale: values['on-sale'] === undefined ? null : checked('on-sale', values['on-sale']),
      tz: checked('tz', values.tz),
    },
    natsUrl: env.NATS_URL || running?.nats_urls.operator || null,
    natsCa: env.NATS_CA,
    gatewayUrl: running?.gateways[0] ?? 'http://localhost:8080',
  }
}

/** `5000EUR`: minor units and ISO 4217 code. */
export function parsePrice(value: string): Price {
  return checked('price', value)
}

const price = z
  .string()
  .regex(/^\d{1,12}[A-Z]{3}$/)
  .refine((value) => knownCurrency.safeParse(value.slice(-3)).success)
  .transform((value): Price => ({ minor: Number(value.slice(0, -3)), currency: value.slice(-3) }))

const forms = {
  event: { schema: eventId, is: 'the id of an event, such as those of GET /events' },
  price: { schema: price, is: 'minor units and a currency, such as 5000EUR for 50.00 EUR' },
  'on-sale': { schema: z.literal('now').or(instant), is: 'now or an instant such as 2031-05-01T10:00:00+02:00' },
  tz: { schema: z.string().transform(ianaZone).pipe(z.string()), is: 'an IANA time zone such as Europe/Berlin' },
}

/** The value of a flag. Throws `ExplainedError` with the form that it must have. */
function checked<Flag extends keyof typeof forms>(flag: Flag, value: string): z.output<(typeof forms)[Flag]['schema']> {
  const { schema, is } = forms[flag]
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data as z.output<(typeof forms)[Flag]['schema']>
  throw wrongUsage(`--${flag} is ${is}; "${value}" is not.`, usage)
}

const options = {
  reschedule: { type: 'boolean', default: false },
  event: { type: 'string' },
  price: { type: 'string' },
  'on-sale': { type: 'string' },
  tz: { type: 'string', default: 'UTC' },
  help: { type: 'boolean', short: 'h', default: false },
} as const
