import type { RedisClient } from '#shared/redis.ts'
import { type Asset, type Assets, assetType } from './assets.ts'

/** How long the files of a release stay in Redis behind the last gateway that had them, in seconds. */
const lifetimeSeconds = 86_400
/** Also the longest that a file is missing there which a busy Redis did not take. */
const renewEveryMs = 600_000

/**
 * The files of all releases that run: during a rolling restart a page of one gateway asks another for its files. Each gateway writes its
 * own to Redis. Never throws: without Redis the files of other releases are unknown.
 */
export class AssetStore {
  readonly #redis: RedisClient
  readonly #assets: Assets
  readonly #onError: (error: unknown) => void
  #timer: NodeJS.Timeout | undefined

  constructor(parts: { redis: RedisClient; assets: Assets; onError: (error: unknown) => void }) {
    this.#redis = parts.redis
    this.#assets = parts.assets
    this.#onError = parts.onError
  }

  /** Shares the files of this gateway, now and for as long as it runs. */
  start(): void {
    void this.#share()
    this.#timer = setInterval(() => void this.#share(), renewEveryMs)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** A file of this gateway's release, or of another's; undefined where no gateway has it. */
  async find(release: string, path: string): Promise<Asset | undefined> {
    if (release === this.#assets.release) return this.#assets.files.get(path)
    if (!/^[0-9a-f]{12}$/.test(release)) return undefined
    try {
      const plain = await this.#redis.getBuffer(keyOf(release, path))
      return plain === null ? undefined : { type: assetType(path), plain }
    } catch (error) {
      this.#onError(error)
      return undefined
    }
  }

  async #share(): Promise<void> {
    const { release, files } = this.#assets
    try {
      for (const [path, { plain }] of files) {
        await this.#redis.set(keyOf(release, path), plain, 'EX', lifetimeSeconds)
      }
    } catch (error) {
      this.#onError(error)
    }
  }
}

function keyOf(release: string, path: string): string {
  return `assets:${release}:${path}`
}
