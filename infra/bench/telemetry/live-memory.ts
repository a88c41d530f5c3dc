const answerWithinMs = 10_000

interface HeapUsage {
  readonly usedSize: number
  readonly embedderHeapUsedSize: number
  /** Of array buffers, which stand beside the heap. */
  readonly backingStorageSize: number
}

/**
 * Bytes of memory that a process still needs after collecting its garbage, asked by Node's inspector on that port. What the
 * system says it occupies goes up and down by tens of megabytes with the mood of the collector.
 */
export async function liveMemory(inspectorPort: number): Promise<number> {
  const targets = await fetch(`http://127.0.0.1:${inspectorPort}/json/list`, {
    signal: AbortSignal.timeout(answerWithinMs),
  })
  const [target] = (await targets.json()) as { webSocketDebuggerUrl: string }[]
  if (target === undefined) throw new Error(`nobody is to be inspected on port ${inspectorPort}`)
  const socket = new WebSocket(target.webSocketDebuggerUrl)
  try {
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve)
      socket.addEventListener('error', () => reject(new Error('the inspector does not answer')))
    })
    await command(socket, 'HeapProfiler.collectGarbage')
    const usage = await command<HeapUsage>(socket, 'Runtime.getHeapUsage')
    return usage.usedSize + usage.embedderHeapUsedSize + usage.backingStorageSize
  } finally {
    socket.close()
  }
}

/** One command at a time. */
function command<Result>(socket: WebSocket, method: string): Promise<Result> {
  return new Promise((resolve, reject) => {
    const tooLate = setTimeout(() => reject(new Error(`no answer to ${method}`)), answerWithinMs)
    socket.addEventListener(
      'message',
      ({ data }) => {
        clearTimeout(tooLate)
        const { result, error } = JSON.parse(String(data)) as { result?: Result; error?: { message: string } }
        if (result === undefined) reject(new Error(`${method}: ${error?.message}`))
        else resolve(result)
      },
      { once: true },
    )
    socket.send(JSON.stringify({ id: 1, method }))
  })
}
