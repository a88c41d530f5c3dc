import { Bus } from '#shared/messaging/bus.ts'
import { fillDemoCatalogue } from '../../ops/demo-catalogue.ts'
import type { Say } from '../../say.ts'

export interface DemoCatalogueOptions {
  readonly natsUrl: string
  readonly natsCa: string | undefined
  readonly say: Say
}

/** Lets the demo catalogue fill an empty database. The system is of use without it, so a failure is only reported. */
export async function offerDemoCatalogue({ natsUrl, natsCa, say }: DemoCatalogueOptions): Promise<void> {
  try {
    const bus = await Bus.connect({ url: natsUrl, caFile: natsCa, name: 'demo-catalogue', timeoutMs: 5_000 })
    try {
      await fillDemoCatalogue({ bus, say, now: new Date() })
    } finally {
      await bus.close()
    }
  } catch (error) {
    say(`The demo catalogue could not be filled (${(error as Error).message}); the system runs without it.`)
  }
}
