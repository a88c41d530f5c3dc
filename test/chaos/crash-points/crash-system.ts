import { randomUUID } from 'node:crypto'
import { Bus } from '#shared/messaging/bus.ts'
import type { Interception, LinkPlan } from '../../../infra/system/links.ts'
import { temporarySettings } from '../../../infra/system/temporary-settings.ts'
import { allowCancelling } from '../../support/allow-cancelling.ts'
import { eventOnSale } from '../../support/http.ts'
import { History } from '../history.ts'
import { HttpBuyer } from '../http-buyer.ts'
import { Random } from '../random.ts'
import { type SystemUnderTest, startSystemUnderTest } from '../start.ts'

/** One complete system, on which stories are played one after the other. */
export interface CrashSystem extends SystemUnderTest {
  /** A connection of our own, past the links. */
  readonly bus: Bus
  readonly stopping: AbortSignal
  /** Under a name that nobody else has. */
  newBuyer(): HttpBuyer
}

export interface OpenEvent {
  readonly eventId: string
  readonly priceMinor: number
}

export interface DeadProcess {
  readonly name: string
  readonly pid: number
}

/** A link on which a step is seen: the client at its beginning dies. */
export type CrashLink = 'purchase → nats' | 'booking → nats' | 'purchase → sandbox'

const links: readonly LinkPlan[] = [
  { client: 'purchase', server: 'nats', replies: 'to server' },
  { client: 'booking', server: 'nats', replies: 'to server' },
  { client: 'purchase', server: 'sandbox', replies: 'to client' },
]

const settings = {
  ...temporarySettings,
  RATE_LIMITS: 'off',
  // No story may lose its hold on a busy machine.
  HOLD_TTL_MS: '120000',
  // Shorter than usual, so that what was interrupted is taken up within seconds.
  PAYMENT_WINDOW_MS: '1000',
  PROVIDER_TIMEOUT_MS: '1500',
  // Whatever was interrupted must be found out without being told.
  PAYMENT_WEBHOOK_SECRET: undefined,
}

/** Starts one of each process. Throws the `stopping` reason when told to stop meanwhile. */
export async function startCrashSystem(stopping: AbortSignal): Promise<CrashSystem> {
  const system = await startSystemUnderTest({
    servers: 'single',
    environment: settings,
    links,
    durable: false,
    say: console.log,
    stopping,
  })
  try {
    const bus = await Bus.connect({ url: system.natsUrls.operator, name: 'crash points', timeoutMs: 5_000 })
    const world = { gatewayUrls: [system.url], history: new History() }
    return {
      ...system,
      bus,
      stopping,
      newBuyer() {
        const userId = `buyer-${randomUUID()}`
        return new HttpBuyer(userId, { random: new Random(userId), world })
      },
      async stop() {
        await bus.close().catch(() => undefined)
        await system.stop()
      },
    }
  } catch (error) {
    await system.stop()
    throw error
  }
}

/** The event of one story: three seats, which can be cancelled until tomorrow. `number` gives its price. */
export async function openEvent({ url, bus }: CrashSystem, number: number): Promise<OpenEvent> {
  const priceMinor = 4_000 + number
  const eventId = await eventOnSale(url, { rows: 1, seatsPerRow: 3, priceMinor, name: `Crash night ${number}` })
  await allowCancelling(bus, eventId)
  return { eventId, priceMinor }
}

/**
 * The process at the beginning of that link will die at that moment, and start again. Once armed, answers a promise of who died, which
 * resolves when it is gone.
 */
export async function crash(
  system: CrashSystem,
  { link, ...moment }: { readonly link: CrashLink } & Pick<Interception, 'request' | 'when'>,
): Promise<{ readonly died: Promise<DeadProcess> }> {
  const name = link.startsWith('booking') ? 'booking-1' : 'purchase-1'
  const process = system.process(name)
  const pid = await process.ready()
  const { promise, resolve, reject } = Promise.withResolvers<DeadProcess>()
  const act = (): void => void process.kill({ restartAfterMs: 0 }).then(() => resolve({ name, pid }), reject)
  system.link(link).intercept({ ...moment, act })
  return { died: promise }
}
