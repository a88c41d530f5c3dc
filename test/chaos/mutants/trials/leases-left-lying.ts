import { randomUUID } from 'node:crypto'
import { until } from '../../../support/until.ts'
import { limitsHold } from '../../checks/admissions.ts'
import { History } from '../../history.ts'
import { LimitedGateway } from './limited-gateway.ts'
import type { Trial } from './trial.ts'

const limit = { max: 4_000, windowMs: 40_000 }
const gatewayCount = 4
/** With this request a gateway that has been asked once has just taken 18 tokens at once, an eighth of what it had used. */
const enoughForLeases = 137
/** What was taken grows again in some 6 s, once the leases have lapsed. */
const fullWithinMs = 20_000

/** Gateways stand still with leases in hand until the bucket is full again: those are not on top of it. */
export const leasesLeftLying: Trial = async ({ redisUrl }) => {
  const history = new History()
  const parts = { redisUrl, caller: randomUUID(), limit, history }
  const gateways = Array.from({ length: gatewayCount }, (_, gateway) => new LimitedGateway({ ...parts, gateway }))
  const [first] = gateways as [LimitedGateway]
  try {
    for (const gateway of gateways) await gateway.untilTogether()
    for (const gateway of gateways) await gateway.takeAtMost(enoughForLeases)
    await until('the bucket is full', () => first.isBucketFull(), { timeoutMs: fullWithinMs })
    for (const gateway of gateways) await gateway.takeAtMost(limit.max)
    for (const gateway of gateways) gateway.noteLocalDecisions()
    return limitsHold({ history, faults: [] }, limit)
  } finally {
    for (const gateway of gateways) gateway.close()
  }
}
