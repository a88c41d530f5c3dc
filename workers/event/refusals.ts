import { invalidRequest, TicketingError } from '#shared/errors.ts'

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
 * Runs `work`, refusing a time zone that Node knows and Postgres does not: they bring their own lists, and some systems
 * leave old names such as `US/Pacific` out. Throws `validation_failed` at `pointer`.
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
