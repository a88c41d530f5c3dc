import { randomUUID } from 'node:crypto'
import type { RequestOf } from '#shared/contracts/contract.ts'
import { purchaseHold } from '#shared/contracts/purchase.ts'
import type { TicketingError } from '#shared/errors.ts'
import { Bus } from '#shared/messaging/bus.ts'
import { callRaw } from '#shared/messaging/call.ts'
import { user } from '#shared/messaging/caller.ts'
import type { ProviderCharge } from '../../infra/ops/audit/ledger.ts'
import { readLedger } from './ledger.ts'
import { type ScriptedBooking, type ScriptedHold, startScriptedBooking } from './scripted-booking.ts'
import { type System, startSystem } from './system.ts'

export interface Purchase {
  readonly userId: string
  readonly request: RequestOf<typeof purchaseHold>
  /** Default: a fresh one. */
  readonly key?: string
  readonly withinMs?: number
}

export interface Bought {
  readonly text: string
  readonly replayed: boolean
  readonly booking: {
    id: string
    status: string
    hold_id: string
    message: string
    payment: { status: string; captured_minor: number }
  }
}

/** The purchase worker and the payment sandbox as processes, the booking worker scripted, and a caller in the test. */
export interface Purchasing {
  readonly system: System
  readonly booking: ScriptedBooking
  /** The operator's. */
  readonly bus: Bus
  /** A hold of a new user, and the purchase that pays for it. */
  newPurchase(options?: { totalMinor?: number; token?: string }): {
    hold: ScriptedHold
    purchase: { userId: string; key: string; request: { hold_id: string; payment_token: string } }
  }
  /** Throws the worker's `TicketingError`. */
  buy(purchase: Purchase): Promise<Bought>
  refusalOf(purchase: Purchase): Promise<TicketingError>
  ledger(): Promise<ProviderCharge[]>
  /** The ledger's entries of an amount, which tests choose to be theirs alone. */
  chargesOf(amountMinor: number): Promise<ProviderCharge[]>
  stop(): Promise<void>
}

/** `env` goes to the purchase workers; `workers` is how many of them run. */
export async function startPurchasing({
  workers = 1,
  env = {},
}: {
  workers?: number
  env?: Record<string, string>
} = {}): Promise<Purchasing> {
  const system = await startSystem({ counts: { gateway: 0, event: 0, booking: 0, purchase: workers }, env })
  const booking = await startScriptedBooking(system.natsUrls)
  const bus = await Bus.connect({ url: system.natsUrls.operator, name: 'test', timeoutMs: 15_000 })

  const buy = async ({ userId, request, key = randomUUID(), withinMs = 8_000 }: Purchase): Promise<Bought> => {
    const { body, replayed } = await callRaw(bus, purchaseHold, request, {
      requestId: randomUUID(),
      caller: user(userId),
      deadlineAt: performance.now() + withinMs,
      idempotencyKey: key,
    })
    const text = Buffer.from(body).toString('utf8')
    return { text, replayed, booking: JSON.parse(text) }
  }
  const ledger = (): Promise<ProviderCharge[]> => readLedger(system.paymentUrl)
  return {
    system,
    booking,
    bus,
    newPurchase({ totalMinor = 5_000, token = 'tok_ok' } = {}) {
      const userId = `user-${randomUUID()}`
      const hold = booking.giveHold({ userId, totalMinor })
      return { hold, purchase: { userId, key: randomUUID(), request: { hold_id: hold.id, payment_token: token } } }
    },
    buy,
    refusalOf: (purchase) =>
      buy(purchase).then(
        ({ text }) => {
          throw new Error(`expected a refusal, got ${text}`)
        },
        (error: TicketingError) => error,
      ),
    ledger,
    chargesOf: async (amountMinor) => (await ledger()).filter(({ amount_minor }) => amount_minor === amountMinor),
    async stop() {
      await bus.close()
      await booking.stop()
      await system.stop()
    },
  }
}
