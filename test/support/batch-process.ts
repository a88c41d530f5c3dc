import { once } from 'node:events'
import type { TakingParts } from '../../workers/booking/taking/take-batch.ts'
import { openPostgres } from './open-postgres.ts'
import { type Asked, answersOf, batchesOn, placeRequest } from './place-request.ts'

/*
 * `node batch-process.ts <database url> <what is asked for, as JSON>`: one batch of a worker, as a process. Right before COMMIT it
 * says so and waits for a message; then it says what each buyer heard.
 */

const [url = '', asked = '[]'] = process.argv.slice(2)
const postgres = openPostgres(url, { applicationName: 'batch', isImpatient: true })
const goesOn = once(process, 'message')
const stopping: TakingParts['postgres'] = {
  transaction: (work, options) =>
    postgres.transaction(async (db) => {
      const result = await work(db)
      // What was sent without waiting is written now.
      await db.query('SELECT')
      process.send?.('before COMMIT')
      await goesOn
      return result
    }, options),
}
const batches = batchesOn(stopping)
const requests = (JSON.parse(asked) as Asked[]).map(placeRequest)
process.send?.(await answersOf(requests.map((request) => batches.take(request))))
process.disconnect()
await postgres.close()
