import type { PurchaseMetrics } from '../metrics.ts'
import type { PaymentProvider } from './payment-provider.ts'

/** A provider whose requests are measured by duration and outcome. */
export function measuredProvider(provider: PaymentProvider, metrics: PurchaseMetrics): PaymentProvider {
  const measured = async <Answer>(
    operation: string,
    request: () => Promise<Answer>,
    outcomeOf: (answer: Answer) => string,
  ): Promise<Answer> => {
    const done = metrics.askingProvider(operation)
    try {
      const answer = await request()
      done(outcomeOf(answer))
      return answer
    } catch (error) {
      done('no_answer')
      throw error
    }
  }
  return {
    name: provider.name,
    authorise: (...of) => measured('authorise', () => provider.authorise(...of), stateOf),
    capture: (...of) => measured('capture', () => provider.capture(...of), stateOf),
    void: (...of) => measured('void', () => provider.void(...of), stateOf),
    lookUp: (...of) => measured('look-up', () => provider.lookUp(...of), stateOf),
    refund: (...of) =>
      measured(
        'refund',
        () => provider.refund(...of),
        () => 'refunded',
      ),
    lookUpRefund: (...of) =>
      measured(
        'look-up-refund',
        () => provider.lookUpRefund(...of),
        (found) => (found ? 'refunded' : 'not_found'),
      ),
  }
}

function stateOf(charge: { readonly state: string } | null): string {
  return charge?.state ?? 'not_found'
}
