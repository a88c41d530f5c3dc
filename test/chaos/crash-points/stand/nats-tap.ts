import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { Crash, Tap } from './crash.ts'
import { type NatsFrame, NatsFrames } from './nats-frames.ts'

interface Line {
  readonly client: Socket
  readonly server: Socket
  /** The process at its end is dying: nothing more is carried. */
  dead: boolean
}

/** The crash that waits for the answer to one request. */
interface AwaitedAnswer {
  readonly line: Line
  readonly replyTo: string
  readonly crash: Crash
}

/** Stands between one process and nats-server, and understands enough to know what is asked and what is answered. */
export class NatsTap implements Tap {
  readonly #listener: Server
  readonly #target: number
  readonly #lines = new Set<Line>()
  #crash: Crash | undefined
  #answer: AwaitedAnswer | undefined

  private constructor(listener: Server, target: number) {
    this.#listener = listener
    this.#target = target
    listener.on('connection', (client) => this.#accept(client))
  }

  static async start(targetPort: number): Promise<NatsTap> {
    const listener = createServer({ noDelay: true })
    listener.listen(0, '127.0.0.1')
    await once(listener, 'listening')
    return new NatsTap(listener, targetPort)
  }

  get url(): string {
    return `nats://127.0.0.1:${(this.#listener.address() as AddressInfo).port}`
  }

  crashAt(crash: Crash): void {
    this.#crash = crash
  }

  async close(): Promise<void> {
    for (const line of this.#lines) this.#end(line)
    const closed = once(this.#listener, 'close')
    this.#listener.close()
    await closed
  }

  #accept(client: Socket): void {
    const server = connect({ host: '127.0.0.1', port: this.#target, noDelay: true })
    const line: Line = { client, server, dead: false }
    this.#lines.add(line)
    const [asked, answered] = [new NatsFrames(), new NatsFrames()]
    client.on('data', (chunk) => {
      for (const frame of asked.push(chunk)) this.#carryQuestion(line, frame)
    })
    server.on('data', (chunk) => {
      for (const frame of answered.push(chunk)) this.#carryAnswer(line, frame)
    })
    for (const socket of [client, server]) {
      socket.on('error', () => undefined)
      socket.once('close', () => this.#end(line))
    }
  }

  #carryQuestion(line: Line, frame: NatsFrame): void {
    if (line.dead) return
    const crash = this.#crash
    if (crash !== undefined && frame.subject !== '' && frame.verb.endsWith('PUB') && crash.at.test(frame.subject)) {
      this.#crash = undefined
      if (crash.when === 'before') {
        this.#die(line, crash)
        return
      }
      this.#answer = { line, replyTo: frame.replyTo, crash }
    }
    pass(frame, { from: line.client, to: line.server })
  }

  #carryAnswer(line: Line, frame: NatsFrame): void {
    if (line.dead) return
    const awaited = this.#answer
    if (awaited?.line === line && frame.subject === awaited.replyTo) {
      this.#answer = undefined
      this.#die(line, awaited.crash)
      return
    }
    pass(frame, { from: line.server, to: line.client })
  }

  #die(line: Line, crash: Crash): void {
    line.dead = true
    void crash.kill().finally(() => this.#end(line))
  }

  #end(line: Line): void {
    this.#lines.delete(line)
    line.client.destroy()
    line.server.destroy()
  }
}

function pass({ bytes }: NatsFrame, { from, to }: { from: Socket; to: Socket }): void {
  if (to.write(bytes)) return
  from.pause()
  to.once('drain', () => from.resume())
}
