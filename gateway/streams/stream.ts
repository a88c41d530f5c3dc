import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type ByeReason, byeMessage } from './framing.ts'
import type { Ending } from './metrics.ts'

/** Bytes that may wait in this process for a client that does not read, beside one snapshot. The kernel takes megabytes before that. */
const maxWaitingBytes = 65_536

/** Clients of a stream that the server ends come back within this time, spread over it. */
const comeBackMs = { from: 500, to: 5_000 }

/** Anything that gets the messages of an event. */
export interface Reader {
  /** Only seats of this section; null: all. */
  readonly section: string | null
  /** `ownerDigest` of its caller, for the caller's own holds; null for a caller without credentials. */
  readonly owner: string | null
  /** `performance.now()` of the last message. */
  readonly wroteAt: number
  /** `performance.now()` after which it is ended. */
  readonly endsAt: number
  /** `snapshotBytes`: how large a snapshot it may have got a moment ago. */
  write(message: Buffer, snapshotBytes: number): void
  /** Tells the client to come back, and ends the stream. */
  sayBye(reason: ByeReason): void
  /** Ends the stream at once. */
  drop(reason: Ending): void
}

/** One client, whose response has its head. Messages go straight to the socket, past Node's own work for each write of a response. */
export class Stream implements Reader {
  readonly section: string | null
  readonly owner: string | null
  readonly endsAt: number
  wroteAt = performance.now()
  readonly #res: ServerResponse
  readonly #socket: Socket
  #ending: Ending | null = null

  /** `onEnd` is called once, whichever side ends it. */
  constructor(parts: {
    readonly res: ServerResponse
    readonly socket: Socket
    readonly section: string | null
    readonly owner: string | null
    readonly endsAt: number
    onEnd(stream: Stream, reason: Ending): void
  }) {
    this.#res = parts.res
    this.#socket = parts.socket
    this.section = parts.section
    this.owner = parts.owner
    this.endsAt = parts.endsAt
    const { onEnd } = parts
    this.#res.once('close', () => onEnd(this, this.#ending ?? 'left'))
    // The gateway lets clients end their side behind a request; one that reads a stream does so when it leaves.
    this.#socket.once('end', () => this.drop('left'))
  }

  write(message: Buffer, snapshotBytes: number): void {
    if (this.#ending !== null) return
    if (this.#socket.writableLength > maxWaitingBytes + snapshotBytes) this.drop('slow_reader')
    else {
      this.#socket.write(message)
      this.wroteAt = performance.now()
    }
  }

  sayBye(reason: ByeReason): void {
    if (this.#ending !== null) return
    // Who does not read would not read this either, and would keep the connection open.
    if (this.#socket.writableLength > 0) return void this.drop(reason)
    this.#ending = reason
    const { from, to } = comeBackMs
    this.#socket.write(byeMessage(reason, Math.round(from + Math.random() * (to - from))))
    this.#res.end()
  }

  drop(reason: Ending): void {
    this.#ending ??= reason
    this.#socket.destroy()
  }
}
