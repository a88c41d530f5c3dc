import { cancelledEventInvariants } from './cancelled-events.ts'
import { checkInInvariants } from './check-ins.ts'
import { fenceInvariants } from './fences.ts'
import { holdInvariants } from './holds.ts'
import type { Invariant } from './invariant.ts'
import { messageInvariants } from './messages.ts'
import { moneyInvariants } from './money.ts'
import { saleRuleInvariants } from './sale-rules.ts'
import { seatInvariants } from './seats.ts'
import { waitingListInvariants } from './waiting-list.ts'

/** Everything that one query can check, in the order in which it is reported. */
export const allInvariants: readonly Invariant[] = [
  ...fenceInvariants,
  ...seatInvariants,
  ...holdInvariants,
  ...saleRuleInvariants,
  ...moneyInvariants,
  ...cancelledEventInvariants,
  ...waitingListInvariants,
  ...checkInInvariants,
  ...messageInvariants,
]
