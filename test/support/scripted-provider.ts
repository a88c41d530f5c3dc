import { setTimeout as pause } from 'node:timers/promises'
import { type Charge, type PaymentProvider, ProviderError } from '../../workers/purchase/providers/payment-provider.ts'

export type ProviderStep = 'authorise' | 'capture' | 'void' | 'refund'

/** A charge in the scripted provider's books. */
export interface BookedCharge {
  readonly amountMinor: number
  readonly token: string
  charge: Charge
  readonly refunds: Map<string, number>
}

export interface ScriptedProvider {
  readonly provider: PaymentProvider
  /** By key. Keys that were only ever voided have none. */
  readonly charges: Map<string, BookedCharge>
  /** Bodies of the webhooks about a charge, oldest first, as the payment sandbox would write them. */
  webhooks(key: string): string[]
  /**
   * The next answer to that step about that charge waits, although it is done. `reached` says when; `answer` lets it go and
   * `lose` lets it be lost, whichever comes first; else it is lost at the caller's deadline.
   */
  holdBack(step: ProviderStep, key: string): { reached: Promise<void>; answer(): void; lose(): void }
}

/** A payment provider in memory, by the rules of the payment sandbox and with some of its tokens. */
export function scriptedProvider(): ScriptedProvider {
  const charges = new Map<string, BookedCharge>()
  const tombstones = new Set<string>()
  const told = new Map<string, string[]>()
  const heldBack = new Map<string, { reached(): void; answered: Promise<void> }>()

  const tell = (key: string, type: string, refundKey?: string): void => {
    const booked = chargeOf(key)
    const bodies = told.get(key) ?? []
    const { state } = booked.charge
    const charge = {
      id: key,
      idempotency_key: key,
      amount_minor: booked.amountMinor,
      refunded_minor: refundedOf(booked),
      currency: 'EUR',
      state,
      decline_code: booked.charge.state === 'declined' ? booked.charge.declineCode : null,
    }
    const refund = refundKey && {
      id: refundKey,
      idempotency_key: refundKey,
      amount_minor: booked.refunds.get(refundKey),
    }
    const event = {
      id: `${key} ${bodies.length}`,
      type: `charge.${type}`,
      created: 0,
      charge,
      ...(refund && { refund }),
    }
    told.set(key, [...bodies, JSON.stringify(event)])
  }
  const chargeOf = (key: string): BookedCharge => {
    const booked = charges.get(key)
    if (booked === undefined) throw new Error(`no charge ${key}`)
    return booked
  }
  const change = (key: string, charge: Charge): void => {
    chargeOf(key).charge = charge
    tell(key, charge.state)
  }
  const answer = async (step: ProviderStep, key: string, deadlineAt: number): Promise<void> => {
    const gate = heldBack.get(`${step} ${key}`)
    heldBack.delete(`${step} ${key}`)
    gate?.reached()
    if (gate === undefined) return
    // A timer may fire a millisecond early, and then there is still time for another step.
    const untilTooLate = Math.max(0, Math.ceil(deadlineAt - performance.now()) + 1)
    const tooLate = pause(untilTooLate, undefined, { ref: false }).then(() => {
      throw lost()
    })
    await Promise.race([gate.answered, tooLate])
  }

  const provider: PaymentProvider = {
    name: 'the scripted provider',
    async authorise({ key, amountMinor, token }, deadlineAt) {
      if (tombstones.has(key)) return { state: 'voided' }
      if (!charges.has(key)) {
        charges.set(key, { amountMinor, token, charge: { state: 'authorised' }, refunds: new Map() })
        change(key, token === 'tok_declined' ? declined('card_declined') : { state: 'authorised' })
      }
      await answer('authorise', key, deadlineAt)
      return chargeOf(key).charge
    },
    async capture(key, deadlineAt) {
      const { charge, token } = chargeOf(key)
      if (charge.state === 'authorised') {
        change(key, token === 'tok_capture_fails' ? declined('capture_refused') : { state: 'captured' })
      }
      await answer('capture', key, deadlineAt)
      return chargeOf(key).charge
    },
    async void(key, deadlineAt) {
      const known = charges.get(key)
      if (known === undefined) tombstones.add(key)
      if (known?.charge.state === 'authorised') change(key, { state: 'voided' })
      await answer('void', key, deadlineAt)
      return known?.charge ?? { state: 'voided' }
    },
    lookUp: async (key) => charges.get(key)?.charge ?? (tombstones.has(key) ? { state: 'voided' } : null),
    async refund({ key, refundKey, amountMinor }, deadlineAt) {
      const booked = chargeOf(key)
      const { refunds } = booked
      if (!refunds.has(refundKey)) {
        if (booked.charge.state !== 'captured' || refundedOf(booked) + amountMinor > booked.amountMinor) {
          throw new Error(`charge ${key} cannot give ${amountMinor} back`)
        }
        refunds.set(refundKey, amountMinor)
        if (refundedOf(booked) === booked.amountMinor) booked.charge = { state: 'refunded' }
        tell(key, 'refunded', refundKey)
      }
      await answer('refund', key, deadlineAt)
    },
    lookUpRefund: async ({ key, refundKey }) => chargeOf(key).refunds.has(refundKey),
  }
  return {
    provider,
    charges,
    webhooks: (key) => told.get(key) ?? [],
    holdBack(step, key) {
      const reached = Promise.withResolvers<void>()
      const answered = Promise.withResolvers<void>()
      heldBack.set(`${step} ${key}`, { reached: reached.resolve, answered: answered.promise })
      return { reached: reached.promise, answer: answered.resolve, lose: () => answered.reject(lost()) }
    },
  }
}

export const refundedOf = ({ refunds }: BookedCharge): number =>
  [...refunds.values()].reduce((sum, amount) => sum + amount, 0)
const lost = (): ProviderError => new ProviderError('lost, as scripted', { requestSent: true })
const declined = (declineCode: string): Charge => ({ state: 'declined', declineCode })
