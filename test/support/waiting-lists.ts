import type { Postgres } from '#shared/database/postgres.ts'
import { createLogger } from '#shared/observability/log.ts'
import { Metrics } from '#shared/observability/metrics.ts'
import { SoldShares } from '../../workers/booking/sold-shares.ts'
import { WaitingListMetrics } from '../../workers/booking/waiting-list/metrics.ts'
import { offerPlaces } from '../../workers/booking/waiting-list/offer-places.ts'
import { sweepAll } from './sweep-all.ts'

type Parts = Parameters<typeof offerPlaces>[0]

/** What serving lists needs, as a booking worker has it. */
export function waitingListParts(postgres: Parts['postgres']): Parts {
  const log = createLogger({ name: 'booking', instance: 'test', level: 'fatal' })
  const metrics = new WaitingListMetrics(new Metrics('test'))
  return { postgres, shares: new SoldShares(), log, metrics, offerMs: 1_800_000 }
}

/** What a worker does once a second: ends what is due, and offers what is free to those who wait for it. */
export async function serveLists(postgres: Postgres): Promise<void> {
  await sweepAll(postgres)
  const parts = waitingListParts(postgres)
  while (await offerPlaces(parts));
}
