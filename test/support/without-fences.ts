import type { Database } from '#shared/database/postgres.ts'
import { isFreeFor } from '../../workers/booking/store/conditions.ts'
import type { TakingParts } from '../../workers/booking/taking/take-batch.ts'

/** Statements as they are sent, after a change, for positive controls. */
function changing(postgres: TakingParts['postgres'], change: (text: string) => string): TakingParts['postgres'] {
  const changed = ({ query, execute }: Database): Database => ({
    query: (text, values) => query(change(text), values),
    execute: (text, values) => execute(change(text), values),
  })
  return { transaction: (work, options) => postgres.transaction((db) => work(changed(db)), options) }
}

/** Looks lock nothing: whatever they see may be given to somebody else meanwhile. */
export const withoutLocks = (postgres: TakingParts['postgres']): TakingParts['postgres'] =>
  changing(postgres, (text) => text.replaceAll(/FOR (?:NO KEY )?UPDATE(?: OF \w+)?(?: SKIP LOCKED)?/g, ''))

/** Seats are taken whether or not they are still free. */
export const withoutFence = (postgres: TakingParts['postgres']): TakingParts['postgres'] =>
  changing(postgres, (text) =>
    text.replace(`AND ${isFreeFor('own_id')}`, '').replace(/SELECT booking\.require_all_taken\(.*\)$/s, 'SELECT'),
  )

/** The first two transactions that are about to make this `write` wait for each other: both have looked before either writes. */
export function bothLookBeforeEitherWrites(
  postgres: TakingParts['postgres'],
  write = 'INSERT INTO booking.holds',
): TakingParts['postgres'] {
  const { promise: bothHaveLooked, resolve } = Promise.withResolvers<void>()
  let arrived = 0
  const meet = async (text: string): Promise<void> => {
    if (!text.includes(write)) return
    arrived += 1
    if (arrived === 2) resolve()
    await bothHaveLooked
  }
  const meeting = ({ query, execute }: Database): Database => ({
    async query(text, values) {
      await meet(text)
      return query(text, values)
    },
    async execute(text, values) {
      await meet(text)
      await execute(text, values)
    },
  })
  return { transaction: (work, options) => postgres.transaction((db) => work(meeting(db)), options) }
}
