import { type Answer, type AskOptions, ask, type Fault } from './api.ts'

/** A request that changes something, and its key: repeated with it, it happens once. */
interface Intention {
  readonly key: string
  readonly method: 'POST' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly body: unknown
}

type Wanted = Omit<Intention, 'key'>

const waitsMs = [500, 1_000, 2_000, 4_000]

/**
 * Asks with a key of its own, and with the same key again while no answer for good comes. The key is stored before it is sent, so that
 * the same request after a reload has it too.
 */
export async function askOnce<Value>(
  { method, path, body }: Wanted,
  options: Pick<AskOptions, 'queuePass'> = {},
): Promise<Answer<Value>> {
  const intention = remembered({ method, path, body })
  let answer = await send<Value>(intention, options)
  for (const wait of waitsMs) {
    if (answer.ok || !isPassing(answer.problem)) break
    await new Promise((resolve) => setTimeout(resolve, wait * (0.8 + 0.4 * Math.random())))
    answer = await send<Value>(intention, options)
  }
  if (answer.ok || !isPassing(answer.problem)) forget()
  return answer
}

/** Whether the same request may be answered in a moment. */
export function isPassing({ status, code }: Fault): boolean {
  return status === 0 || status === 429 || status >= 500 || code === 'idempotency_key_in_use'
}

function send<Value>({ method, path, body, key }: Intention, options: AskOptions): Promise<Answer<Value>> {
  return ask<Value>(method, path, { ...options, idempotencyKey: key, ...(body === undefined ? {} : { body }) })
}

const storageName = 'ticketing-intention'

function remembered(wanted: Wanted): Intention {
  try {
    const { key, ...stored } = JSON.parse(sessionStorage.getItem(storageName) ?? '{}')
    if (typeof key === 'string' && JSON.stringify(stored) === JSON.stringify(wanted)) return { ...wanted, key }
  } catch {
    // Storage may be forbidden: a reload then asks with another key.
  }
  const intention = { ...wanted, key: crypto.randomUUID() }
  try {
    const { key, ...rest } = intention
    sessionStorage.setItem(storageName, JSON.stringify({ ...rest, key }))
  } catch {}
  return intention
}

function forget(): void {
  try {
    sessionStorage.removeItem(storageName)
  } catch {}
}
