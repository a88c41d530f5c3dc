import test from 'ava'
import { audit } from '../../infra/ops/audit/audit.ts'
import { createTestDatabase } from '../support/database.ts'
import { forFile } from '../support/for-file.ts'

const database = forFile(() => createTestDatabase())

test('in a database that the migrations have just made, every fence stands and the auditor finds nothing violated', async (t) => {
  const { results } = await audit({ databaseUrl: database.url, paymentUrl: null })
  t.true(results.some(({ invariant, checked }) => invariant === 'fences' && checked))
  const violated = results.filter(({ violations }) => violations > 0)
  t.deepEqual(
    violated.map(({ says, examples }) => [says, examples]),
    [],
  )
})
