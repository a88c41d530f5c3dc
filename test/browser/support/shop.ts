import { Bus } from '#shared/messaging/bus.ts'
import { fillDemoCatalogue } from '../../../infra/ops/demo-catalogue.ts'
import { askUntilAvailable } from '../../support/asking.ts'
import { type System, type SystemOptions, startSystem } from '../../support/system.ts'

/** A running system with the demo catalogue. */
export async function startShop(options: SystemOptions = {}): Promise<System> {
  const system = await startSystem(options)
  try {
    const bus = await Bus.connect({ url: system.natsUrls.operator, name: 'test', timeoutMs: 5_000 })
    const now = new Date()
    await askUntilAvailable(() => fillDemoCatalogue({ bus, say: () => undefined, now }))
    await bus.close()
    return system
  } catch (error) {
    await system.stop()
    throw error
  }
}
