import { implicitExpiry } from './designs/implicit-expiry.ts'
import { longRowLock } from './designs/long-row-lock.ts'
import { noCondition } from './designs/no-condition.ts'
import { redisLock } from './designs/redis-lock.ts'
import { statusAndCron } from './designs/status-and-cron.ts'
import type { HoldDesign } from './hold-design.ts'

/** From bad to good to ours. */
export const designs: readonly HoldDesign[] = [longRowLock, statusAndCron, implicitExpiry, redisLock]

/** Sells seats twice, on purpose. */
export const control: HoldDesign = noCondition
