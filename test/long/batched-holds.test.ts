import test from 'ava'
import { randomNumbers } from '../../infra/random-numbers.ts'
import { startBookingWorkers } from '../support/booking-workers.ts'
import { HoldingModel } from '../support/holding-model.ts'
import { batchesOn } from '../support/place-request.ts'

test('a thousand mixed batches of two workers give each seat one holder and each refusal a reason', async (t) => {
  t.timeout(300_000)
  const workers = await startBookingWorkers()
  t.teardown(() => workers.stop())
  // A look sees one row at most, so that nearly all batches must look again.
  const batches = [1, 2].map(() => batchesOn(workers.postgres, { rowsPerSearch: 1 }))
  const random = randomNumbers(20_261_201)
  const outcomes = new Map<string, number>()
  for (let houses = 0; houses < 20; houses++) {
    const model = await HoldingModel.open(workers)
    for (let round = 0; round < 50; round++) await model.round({ workers, batches, random })
    await model.judgeDatabase(workers)
    t.deepEqual(model.faults, [])
    for (const [outcome, count] of model.outcomes) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + count)
  }
  t.log(Object.fromEntries(outcomes))
  for (const outcome of ['new', 'swap', 'repeated', 'hold_exists', 'seat_unavailable', 'not_enough_left']) {
    t.true((outcomes.get(outcome) ?? 0) > 50, outcome)
  }
})
