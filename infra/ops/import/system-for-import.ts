import { Bus } from '#shared/messaging/bus.ts'
import { withoutPassword } from '#shared/messaging/nats-url.ts'
import { readInfraConfig } from '../../config.ts'
import { ExplainedError } from '../../explained-error.ts'
import type { Say } from '../../say.ts'
import { temporaryFlags } from '../../system/launcher/flags.ts'
import { type Launched, launch } from '../../system/launcher/launch.ts'
import type { ImportConfig } from './config.ts'

const connectTimeoutMs = 5_000

export interface SystemForImportOptions {
  readonly config: Pick<ImportConfig, 'natsUrl' | 'natsCa'>
  readonly say: Say
  /** Aborted when the import is to be given up. */
  readonly stopping: AbortSignal
  /** Aborted when stopping must no longer wait for anybody. */
  readonly hurry: AbortSignal
}

/** The running system, or one that lives as long as the import; nothing is opened before it is asked for. */
export class SystemForImport {
  readonly #options: SystemForImportOptions
  #own: Launched | undefined
  #bus: Bus | undefined

  constructor(options: SystemForImportOptions) {
    this.#options = options
  }

  /** Throws `ExplainedError` when no system answers and none can be started. */
  async connect(): Promise<Bus> {
    const { natsUrl, natsCa } = this.#options.config
    this.#bus ??= await connectBus(natsUrl ?? (await this.#startOwn()), natsCa)
    return this.#bus
  }

  async close(): Promise<void> {
    await this.#bus?.close()
    await this.#own?.stop()
  }

  async #startOwn(): Promise<string> {
    const { say, stopping, hurry } = this.#options
    say('No system is running: starting one for this import.')
    this.#own = await launch({
      flags: temporaryFlags,
      config: readInfraConfig(),
      say,
      stopping,
      hurry,
    })
    return this.#own.running.nats_urls.operator
  }
}

async function connectBus(url: string, caFile: string | undefined): Promise<Bus> {
  try {
    return await Bus.connect({ url, caFile, name: 'import', timeoutMs: connectTimeoutMs })
  } catch (error) {
    throw new ExplainedError(`No message server answers at ${withoutPassword(url)}: ${(error as Error).message}`, {
      cause: error,
    })
  }
}
