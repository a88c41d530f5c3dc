import { cancelledEventInvariants } from './cancelled-events.ts'
import { fenceInvariants } from './fences.ts'
import { holdInvariants } from './holds.ts'
import type { Invariant } from './invariant.ts'
import { messageInvariants } from './messages.ts'
import { moneyInvariants } from './money.ts'
import { passInvariants } from './passes.ts'
import { saleEndInvariants } from './sale-ends.ts'
import { seatInvariants } from './seats.ts'
import { waitingListInvariants } from './waiting-list.ts'

/** Everything that one query can check, in the order in which it is reported. */
export const allInvariants: readonly Invariant[] = [
  ...fenceInvariants,
  ...seatInvariants,
  ...holdInvariants,
  ...passInvariants,
  ...moneyInvariants,
  ...cancelledEventInvariants,
  ...saleEndInvariants,
  ...waitingListInvariants,
  ...messageInvariants,
]
