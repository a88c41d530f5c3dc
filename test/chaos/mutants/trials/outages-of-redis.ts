import { randomUUID } from 'node:crypto'
import { limitsHold } from '../../checks/admissions.ts'
import { History } from '../../history.ts'
import { counts } from '../../instance-names.ts'
import { FaultProxy } from '../../proxy.ts'
import { probedLimit } from '../../settings.ts'
import { LimitedGateway } from './limited-gateway.ts'
import type { Trial } from './trial.ts'

const outages = 3
/** More than a gateway may admit, whatever is wrong with it. */
const everything = 10 * probedLimit.max

/** Redis goes and comes, and whoever is limited asks for all they can get each time it is away: the limit holds all the same. */
export const outagesOfRedis: Trial = async ({ redisUrl }) => {
  const targetPort = (): number => Number(new URL(redisUrl).port)
  const proxy = await FaultProxy.start({ targetPort, replies: 'to client' })
  const history = new History()
  const parts = { redisUrl: `redis://127.0.0.1:${proxy.port}`, caller: randomUUID(), limit: probedLimit, history }
  const gateways = Array.from({ length: counts.gateway }, (_, gateway) => new LimitedGateway({ ...parts, gateway }))
  try {
    for (let outage = 0; outage < outages; outage += 1) {
      proxy.blackHole()
      proxy.cut()
      for (const gateway of gateways) await gateway.untilAlone()
      for (const gateway of gateways) await gateway.takeAtMost(everything)
      proxy.pass()
      for (const gateway of gateways) await gateway.untilTogether()
    }
    for (const gateway of gateways) await gateway.takeAtMost(everything)
    for (const gateway of gateways) gateway.noteLocalDecisions()
    return limitsHold({ history, faults: [] })
  } finally {
    for (const gateway of gateways) gateway.close()
    await proxy.close()
  }
}
