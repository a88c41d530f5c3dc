import { randomUUID } from 'node:crypto'
import { type Answer, ask } from './http.ts'
import type { System } from './system.ts'
import { until } from './until.ts'

/** The payment sandbox, as a provider's client asks it over HTTP. */
export class Sandbox {
  readonly #system: Pick<System, 'paymentUrl'>

  constructor(system: Pick<System, 'paymentUrl'>) {
    this.#system = system
  }

  get url(): string {
    return this.#system.paymentUrl
  }

  get(path: string): Promise<Answer> {
    return ask(this.url + path)
  }

  /** Authorises a charge of that key: 50.00 unless told otherwise. */
  charge(key: string, { token = 'tok_ok', amountMinor = 5_000 } = {}): Promise<Answer> {
    const json = { amount_minor: amountMinor, currency: 'EUR', token }
    return ask(`${this.url}/charges`, { headers: { 'idempotency-key': key }, json })
  }

  act(key: string, action: 'capture' | 'void'): Promise<Answer> {
    return ask(`${this.url}/charges/${key}/${action}`, { method: 'POST' })
  }

  /** The key of a new charge that was captured. */
  async captured(): Promise<string> {
    const key = randomUUID()
    await this.charge(key)
    await this.act(key, 'capture')
    return key
  }

  /** With the same key again while the database is too busy to decide. */
  async refund(key: string, amountMinor: unknown, refundKey: string = randomUUID()): Promise<Answer> {
    const headers = { 'idempotency-key': refundKey }
    const send = () => ask(`${this.url}/charges/${key}/refunds`, { headers, json: { amount_minor: amountMinor } })
    let answer = await send()
    await until('the refund is decided', async () => {
      if (answer.status === 503) answer = await send()
      return answer.status !== 503
    })
    return answer
  }
}
