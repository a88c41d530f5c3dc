import type { RedisClient } from '#shared/redis.ts'
import { type Asset, type Assets, assetType } from './assets.ts'

/** How long the files of a release stay in Redis after its last gateway stopped, in seconds. */
const lifetimeSeconds = 86_400
const renewEveryMs = 3_600_000
/** A gateway starts before Redis is connected. */
const retryMs = 1_000

/**
 * The files of all running releases: during a rolling restart one gateway sends a page and another gets the requests for its files. Each
 * gateway writes its own files to Redis. Never throws: without Redis, whose outages its client logs, the files of other releases are not
 * found.
 */
export class AssetStore {
  readonly #redis: RedisClient
  readonly #assets: Assets
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  constructor({ redis, assets }: { redis: RedisClient; assets: Assets }) {
    this.#redis = redis
    this.#assets = assets
  }

  /** Stores the files of this gateway in Redis, now and regularly while it runs. */
  async start(): Promise<void> {
    const isShared = await this.#share()
    if (this.#isStopped) return
    this.#timer = setTimeout(() => void this.start(), isShared ? renewEveryMs : retryMs)
    this.#timer.unref()
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  /** A file of this gateway's release or of another one; undefined if no gateway has it. */
  async find(release: string, path: string): Promise<Asset | undefined> {
    if (release === this.#assets.release) return this.#assets.files.get(path)
    if (!/^[0-9a-f]{12}$/.test(release)) return undefined
    const plain = await this.#redis.getBuffer(keyOf(release, path)).catch(() => null)
    return plain === null ? undefined : { type: assetType(path), plain }
  }

  /** Returns whether Redis has all files. */
  async #share(): Promise<boolean> {
    const { release, files } = this.#assets
    try {
      for (const [path, { plain }] of files) {
        await this.#redis.set(keyOf(release, path), plain, 'EX', lifetimeSeconds)
      }
      return true
    } catch {
      return false
    }
  }
}

function keyOf(release: string, path: string): string {
  return `assets:${release}:${path}`
}
