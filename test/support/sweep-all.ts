import type { Postgres } from '#shared/database/postgres.ts'
import { sweep } from '../../workers/booking/sweeper.ts'

/** What the sweeper does at one of its times: ends everything that is due. */
export async function sweepAll(postgres: Postgres): Promise<void> {
  while (await sweep(postgres));
}
