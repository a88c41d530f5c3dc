import { once } from 'node:events'

const answerWithinMs = 10_000

/**
 * Bytes of memory that a process still needs after collecting its garbage, array buffers included, asked by Node's inspector on that
 * port. The size that the system reports moves by tens of megabytes, as the collector decides.
 */
export async function liveMemory(inspectorPort: number): Promise<number> {
  const signal = AbortSignal.timeout(answerWithinMs)
  const targets = await fetch(`http://127.0.0.1:${inspectorPort}/json/list`, { signal })
  const [target] = (await targets.json()) as { webSocketDebuggerUrl: string }[]
  if (target === undefined) throw new Error(`no inspector answers on port ${inspectorPort}`)
  const socket = new WebSocket(target.webSocketDebuggerUrl)
  /** One at a time. */
  const command = async (method: string): Promise<Record<string, number>> => {
    const answered = once(socket, 'message', { signal })
    socket.send(JSON.stringify({ id: 1, method }))
    const [{ data }] = (await answered) as [MessageEvent]
    const { result, error } = JSON.parse(String(data)) as {
      result?: Record<string, number>
      error?: { message: string }
    }
    if (result === undefined) throw new Error(`${method}: ${error?.message}`)
    return result
  }
  try {
    await once(socket, 'open', { signal })
    await command('HeapProfiler.collectGarbage')
    const { usedSize = 0, embedderHeapUsedSize = 0, backingStorageSize = 0 } = await command('Runtime.getHeapUsage')
    return usedSize + embedderHeapUsedSize + backingStorageSize
  } finally {
    socket.close()
  }
}
