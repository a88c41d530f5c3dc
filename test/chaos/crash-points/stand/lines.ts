import type { Kind } from '../../../support/process.ts'
import type { Tap } from './crash.ts'
import { HttpTap } from './http-tap.ts'
import { NatsTap } from './nats-tap.ts'

/** A line on which a process can be caught: the one at its beginning dies. */
export type LineName = 'purchase → nats' | 'booking → nats' | 'purchase → sandbox'

/** Who can be caught. */
export type MortalKind = 'purchase' | 'booking'

/** The taps of one stand. */
export class Lines {
  readonly provider: HttpTap
  readonly #nats: Readonly<Record<MortalKind, NatsTap>>

  private constructor(provider: HttpTap, nats: Record<MortalKind, NatsTap>) {
    this.provider = provider
    this.#nats = nats
  }

  /** `sandboxUrl` is asked for each request: the sandbox may start later than this. */
  static async start({ natsPort, sandboxUrl }: { natsPort: number; sandboxUrl: () => string }): Promise<Lines> {
    const [provider, purchase, booking] = await Promise.all([
      HttpTap.start(sandboxUrl),
      NatsTap.start(natsPort),
      NatsTap.start(natsPort),
    ])
    return new Lines(provider, { purchase, booking })
  }

  /** Where a process finds NATS; `undefined` when it need not come by here. */
  natsUrlFor(kind: Kind): string | undefined {
    return kind === 'purchase' || kind === 'booking' ? this.#nats[kind].url : undefined
  }

  of(line: LineName): { readonly tap: Tap; readonly kind: MortalKind } {
    switch (line) {
      case 'purchase → nats':
        return { tap: this.#nats.purchase, kind: 'purchase' }
      case 'booking → nats':
        return { tap: this.#nats.booking, kind: 'booking' }
      case 'purchase → sandbox':
        return { tap: this.provider, kind: 'purchase' }
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.provider, this.#nats.purchase, this.#nats.booking].map((tap) => tap.close()))
  }
}
