import { invalidRequest, TicketingError } from '#shared/errors.ts'

/** Also for drafts, except to organisers. */
export function eventNotFound(): TicketingError {
  return new TicketingError('event_not_found', 'There is no such event.')
}

/** The event has begun and its sale has ended, so it cannot be published or put on sale. */
export function eventIsOver({ startsBy }: { startsBy: Date }): TicketingError {
  const began = startsBy.toISOString()
  return new TicketingError(
    'sale_closed',
    `The event is over: it began by ${began}. Create it again with its new date.`,
    {
      extra: { began_by: began },
    },
  )
}

/**
 * Runs `work`, and refuses a time zone that Node knows but Postgres does not: each has its own list, and some systems leave out old names
 * such as `US/Pacific`. Throws `validation_failed` at `pointer`.
 */
export async function refusingUnknownZones<Result>(pointer: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    const zone = error instanceof Error && /^time zone "(.*)" not recognized$/.exec(error.message)?.[1]
    if (!zone) throw error
    throw invalidRequest([{ pointer, detail: `must be another time zone: the database does not know ${zone}` }])
  }
}
