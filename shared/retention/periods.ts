import { z } from 'zod'

/**
 * How many days the rows of each rule are kept, and the minimum that an operator can set. README.md has the reasons, and `retention.ts` of
 * each table's owner the SQL.
 */
const periods = {
  /** The API promises 24 hours: `rememberedFor` in `shared/database/idempotency.ts`. */
  commands: { days: 1, least: 1 },
  outbox: { days: 1, least: 1 },
  /** Ended holds, with their items and with bookings that were never paid for. */
  holds: { days: 2, least: 1 },
  /** Entries of waiting lists that ended. */
  'waiting-list': { days: 30, least: 1 },
  'empty-places': { days: 365, least: 30 },
  bookings: { days: 3_650, least: 365 },
  'provider-inbox': { days: 7, least: 3 },
  'failed-payments': { days: 30, least: 7 },
  /** Two years longer than bookings: these count from the end of the sale, payments from their own end. */
  payments: { days: 4_380, least: 365 },
  events: { days: 3_650, least: 365 },
  callbacks: { days: 1, least: 1 },
  charges: { days: 4_380, least: 365 },
} as const

export type RetentionName = keyof typeof periods
export type RetentionDays = Readonly<Record<RetentionName, number>>

const retentionNames = Object.keys(periods) as RetentionName[]

export const defaultRetentionDays = daysWith({})

/** The setting RETENTION_DAYS, such as `holds=7,payments=5000`: the days of every rule, with defaults. */
export const retentionDays = z
  .string()
  .default('')
  .transform((text, context): RetentionDays => {
    const set: Partial<Record<RetentionName, number>> = {}
    const complain = (message: string): void => context.addIssue({ code: 'custom', message })
    for (const part of text === '' ? [] : text.split(',')) {
      const [, name, days] = /^([a-z-]+)=(\d{1,5})$/.exec(part) ?? []
      if (name === undefined || days === undefined) complain(`must be like holds=7,payments=5000, not ${part}`)
      else if (!isName(name)) complain(`there is no rule ${name}; the rules are ${retentionNames.join(', ')}`)
      else if (Number(days) < periods[name].least) complain(`${name} must be at least ${periods[name].least}`)
      else set[name] = Number(days)
    }
    const all = daysWith(set)
    // Otherwise the auditor would miss the money of tickets that still exist.
    if (all.payments < all.bookings + 365) complain('payments must be kept at least 365 days longer than bookings')
    // Otherwise the auditor would find charges without a payment.
    if (all.charges > all.payments) complain('charges must not be kept longer than payments')
    return all
  })

function isName(name: string): name is RetentionName {
  return name in periods
}

function daysWith(set: Partial<RetentionDays>): RetentionDays {
  const days = retentionNames.map((name) => [name, set[name] ?? periods[name].days])
  return Object.fromEntries(days) as RetentionDays
}
