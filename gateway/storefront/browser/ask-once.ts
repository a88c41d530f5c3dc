import { type Answer, type AskOptions, ask, type Fault } from './api.ts'
import { newUuid } from './new-uuid.ts'

/** A request that changes something, with its key: repeated with this key, it takes effect once. */
interface Intention {
  readonly key: string
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly body: unknown
}

type Wanted = Omit<Intention, 'key'>

const waitsMs = [500, 1_000, 2_000, 4_000]

/**
 * Sends a request with a new key, and repeats it with the same key until a final answer arrives. The key is stored before it is sent, so
 * that the same request after a reload, or after signing in again, uses it once more.
 */
export async function askOnce<Value>(
  { method, path, body }: Wanted,
  options: Pick<AskOptions, 'queuePass'> = {},
): Promise<Answer<Value>> {
  const intention = remembered({ method, path, body })
  let answer = await send<Value>(intention, options)
  for (const wait of waitsMs) {
    if (answer.ok || !isTransient(answer.problem)) break
    await new Promise((resolve) => setTimeout(resolve, wait * (0.8 + 0.4 * Math.random())))
    answer = await send<Value>(intention, options)
  }
  if (answer.ok || !(isTransient(answer.problem) || answer.problem.status === 401)) forget()
  return answer
}

/** Whether the same request may succeed in a moment. */
export function isTransient({ status, code }: Fault): boolean {
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
    // Storage may be forbidden: after a reload the request gets a new key.
  }
  const intention = { ...wanted, key: newUuid() }
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
