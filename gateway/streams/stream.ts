import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type ByeReason, byeMessage } from './framing.ts'
import type { Ending } from './metrics.ts'

/** Bytes that may wait in this process for a client that does not read, besides one snapshot. The kernel buffers megabytes before that. */
const maxWaitingBytes = 65_536

/** Clients of a stream that the server ended reconnect at a random time in this range. */
const comeBackMs = { from: 500, to: 5_000 }

/** A receiver of an event's messages. */
export interface Reader {
  /** Only seats of this section; null: all. */
  readonly section: string | null
  /** `ownerDigest` of the caller, for the caller's own holds; null without credentials. */
  readonly owner: string | null
  /** `performance.now()` of the last message. */
  readonly wroteAt: number
  /** `performance.now()` when its lifetime ends. */
  readonly endsAt: number
  /** `snapshotBytes`: size of the snapshot that the reader may have just received. */
  write(message: Buffer, snapshotBytes: number): void
  /** Tells the client to reconnect, and ends the stream. */
  sayBye(reason: ByeReason): void
}

/** One client whose response head is sent. Writes directly to the socket, without Node's work for each write of a response. */
export class Stream implements Reader {
  readonly section: string | null
  readonly owner: string | null
  readonly endsAt: number
  wroteAt = performance.now()
  readonly #res: ServerResponse
  readonly #socket: Socket
  #ending: Ending | null = null

  /** `onEnd` is called once, whichever side ends the stream. */
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
    // The gateway lets clients end their side after a request; the client of a stream does so when it leaves.
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
    // A client that does not read would not read a `bye` either, and would keep the connection open.
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
