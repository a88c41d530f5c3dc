import type { viewInvariants } from '#shared/contracts/audit.ts'
import type { ReplyOf } from '#shared/contracts/contract.ts'
import { ask } from '../support/http.ts'
import { organiserKey } from '../support/system.ts'
import { until } from '../support/until.ts'

const answersWithinMs = 20_000

/** A broken invariant, and what breaks it. */
export interface Violation {
  readonly invariant: string
  readonly says: string
  readonly what: string
}

/** What the running auditor, which was killed and frozen like all others, says of the system at rest. */
export async function askAuditor(gatewayUrl: string): Promise<Violation[]> {
  const askedAt = new Date().toISOString()
  let said: ReplyOf<typeof viewInvariants> | undefined
  const isUpToDate = async (): Promise<boolean> => {
    const headers = { authorization: `Bearer ${organiserKey}` }
    const { status, body } = await ask(`${gatewayUrl}/admin/invariants`, { headers })
    said = status === 200 ? body : undefined
    return (said?.checked_at ?? '') > askedAt
  }
  try {
    await until('it looked', isUpToDate, { timeoutMs: answersWithinMs, everyMs: 200 })
  } catch {
    const what = `the auditor has not looked at the system at rest within ${answersWithinMs / 1_000} s`
    return [{ invariant: '', says: '', what }]
  }
  return (said?.items ?? [])
    .filter(({ violations }) => violations > 0)
    .map(({ invariant, says, violations, examples }) => {
      return { invariant, says, what: `${invariant} (${says}): ${violations}: ${examples.join(' ')}` }
    })
}
