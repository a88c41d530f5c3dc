import type { Database } from '#shared/database/postgres.ts'
import { type AuditReport, audit } from '../../../infra/ops/audit/audit.ts'
import { until } from '../../support/until.ts'
import { waitUntilMoneyRests } from '../settle.ts'
import { countUnderWay } from '../under-way.ts'
import type { CrashSystem } from './crash-system.ts'

/** A driver that died is missed after its lease, some 3 s; the provider may be asked a few times. */
const settledWithinMs = 30_000

/** Waits until nothing is under way: no payment, no refund, no fact. Throws when that does not come to be. */
export async function waitUntilSettled(db: Database): Promise<void> {
  await until('nothing is under way', async () => (await countUnderWay(db)) === 0, {
    timeoutMs: settledWithinMs,
    everyMs: 50,
  })
}

/** Has everything audited once the auditor may judge all of it; for a system at rest. */
export async function auditSettled({ db, databaseUrl, paymentUrl }: CrashSystem): Promise<AuditReport> {
  await waitUntilMoneyRests(db)
  const report = await audit({ databaseUrl, paymentUrl })
  const compared = report.results.some(({ says }) => says.includes('not compared'))
  if (compared) throw new Error("the auditor could not read the provider's ledger")
  return report
}

/** What is broken, one line each: the invariant, and what breaks it. */
export function violationsOf({ results }: AuditReport): string[] {
  return results.flatMap(({ invariant, says, examples }) =>
    examples.map((example) => `${invariant} ${says}: ${example}`),
  )
}
