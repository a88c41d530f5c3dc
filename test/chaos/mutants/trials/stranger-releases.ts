import { askOnce, askUntilFinal, describe, newUser, requestToBuy, requestToRelease } from '../../crash-points/client.ts'
import { holdSeat } from '../../crash-points/scenarios/buying.ts'
import type { Trial } from './trial.ts'

/** Somebody who learnt of a hold's id gives it back: there is no such hold for them, and its buyer keeps it. */
export const strangerReleases: Trial = async (system) => {
  const stand = await system.stand('long')
  const event = await stand.openEvent()
  const { userId, holdId } = await holdSeat(stand, event)
  const release = await askOnce(stand, requestToRelease(newUser(), holdId))
  const bought = await askUntilFinal(stand, requestToBuy(userId, holdId))
  return [
    ...(release.status === 404 ? [] : [`a stranger's release of a hold was answered ${describe(release)}`]),
    ...(bought.status === 201 ? [] : [`the buyer whose hold it was could not pay: ${describe(bought)}`]),
  ]
}
