import { audit } from '../../../../infra/audit/audit.ts'
import { crashPoints } from '../../crash-points/points.ts'
import { runPoint } from '../../crash-points/run-point.ts'
import { violationsOf } from '../../crash-points/settle.ts'
import { commitWithoutAnswer, looksThatLockNothing } from './batches.ts'
import { killedAmidARelease } from './killed-amid-a-release.ts'
import { latePaymentSeatHeld, latePaymentSeatSold } from './late-payment.ts'
import { leasesLeftLying } from './leases-left-lying.ts'
import { organiserPauses } from './organiser-pauses.ts'
import { outagesOfRedis } from './outages-of-redis.ts'
import { strangerReleases } from './stranger-releases.ts'
import type { Trial } from './trial.ts'

/** The migrations alone: are the fences there that everything relies on? */
const auditOfEmptyHouse: Trial = async ({ databaseUrl }) => violationsOf(await audit({ databaseUrl, paymentUrl: null }))

const beforeOutboxPublish: Trial = async (system) => {
  const point = crashPoints.find(({ step, when }) => step === 'outbox publish' && when === 'before')
  if (point === undefined) throw new Error('there is no such crash point')
  return [...(await runPoint(await system.stand('long'), point)).faults]
}

export const trials = {
  'audit of an empty house': auditOfEmptyHouse,
  'late payment, seat sold': latePaymentSeatSold,
  'late payment, seat held': latePaymentSeatHeld,
  'worker killed amid a release': killedAmidARelease,
  'crash point: before outbox publish': beforeOutboxPublish,
  'stranger releases a hold': strangerReleases,
  'organiser pauses a sale': organiserPauses,
  'Redis goes and comes': outagesOfRedis,
  'leases are left lying': leasesLeftLying,
  'looks that lock nothing': looksThatLockNothing,
  'COMMIT without an answer': commitWithoutAnswer,
} satisfies Record<string, Trial>

export type TrialName = keyof typeof trials
