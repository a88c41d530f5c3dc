import type { Postgres } from '#shared/database/postgres.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import type { PaymentProvider } from '../../workers/purchase/providers/payment-provider.ts'
import type { SagaParts } from '../../workers/purchase/saga.ts'

/** From there on the process is gone: everything that it still tries fails. */
export interface CrashPoint {
  /** Counts what the saga does beyond its own memory: statements, transactions, messages, calls to the provider. From 0. */
  readonly step: number
  readonly when: 'before' | 'after'
}

export interface CrashingSaga {
  readonly saga: SagaParts
  /** What it did, oldest first, such as `ask ticketing.v1.booking.confirm-hold`, up to the crash. */
  readonly steps: string[]
  readonly crashed: Promise<void>
}

class Crash extends Error {}

/** A saga whose process dies at one point; without a point it lives and only says what it did. */
export function crashingSaga(saga: SagaParts, point?: CrashPoint): CrashingSaga {
  const steps: string[] = []
  let isDead = false
  const crash = Promise.withResolvers<void>()
  const step = async <Result>(name: string, work: () => Promise<Result>): Promise<Result> => {
    if (isDead) throw new Crash()
    const isLast = point?.step === steps.length
    steps.push(name)
    if (isLast) isDead = true
    try {
      if (isLast && point?.when === 'before') throw new Crash()
      const result = await work()
      if (isDead) throw new Crash()
      return result
    } finally {
      if (isLast) crash.resolve()
    }
  }
  const provider = saga.providerFor(1)
  const crashing: PaymentProvider = {
    name: provider.name,
    authorise: (...args) => step('authorise', () => provider.authorise(...args)),
    capture: (...args) => step('capture', () => provider.capture(...args)),
    void: (...args) => step('void', () => provider.void(...args)),
    lookUp: (...args) => step('look up', () => provider.lookUp(...args)),
    refund: (...args) => step('refund', () => provider.refund(...args)),
    lookUpRefund: (...args) => step('look up refund', () => provider.lookUpRefund(...args)),
  }
  // Only what the saga uses of them.
  const bus = {
    request: (subject, ...rest) => step(`ask ${subject}`, () => saga.bus.request(subject, ...rest)),
  } as Pick<Bus, 'request'> as Bus
  const postgres = {
    query: (text, values) => step('query', () => saga.postgres.query(text, values)),
    transaction: (work) => step('transaction', () => saga.postgres.transaction(work)),
  } as Pick<Postgres, 'query' | 'transaction'> as Postgres
  return {
    saga: { ...saga, bus, postgres, providerFor: (amount) => (amount === 0 ? saga.providerFor(0) : crashing) },
    steps,
    crashed: crash.promise,
  }
}
