import { constants, setPriority } from 'node:os'
import { readConfig } from '#shared/process/config.ts'
import { runProcess } from '#shared/process/lifecycle.ts'
import { spanStoreFlags, spanStoreSettings } from './config.ts'
import { startOtlpReceiver } from './otlp-receiver.ts'
import type { ReceivedSpan } from './span.ts'
import { spanDirectory } from './span-files.ts'
import { SpanWriter } from './span-writer.ts'

/** Of each of two files: some hundred thousand spans. */
const maxBytes = 64 * 1024 * 1024

await runProcess({
  name: 'span-store',
  env: process.env,
  readConfig: () =>
    readConfig(spanStoreSettings, {
      env: { INSTANCE: 'span-store', ...process.env },
      command: 'node infra/span-store/main.ts',
      args: process.argv.slice(2),
      flags: spanStoreFlags,
    }),
  async start({ DATA_DIR, SPAN_STORE_PORT }, log, onStop) {
    // Whoever serves requests goes first; spans that come too fast for what is left are dropped by their sender.
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
    const writer = new SpanWriter({ directory: spanDirectory(DATA_DIR), maxBytes })
    onStop('files', () => writer.close())
    let failing = false
    const onSpans = (spans: readonly ReceivedSpan[]): void => {
      try {
        writer.write(spans)
        if (failing) log.info('spans are kept again')
        failing = false
      } catch (error) {
        if (!failing) log.warn({ err: error }, 'spans are lost: they cannot be written down')
        failing = true
      }
    }
    const { port, url, stop } = await startOtlpReceiver({
      port: SPAN_STORE_PORT,
      onSpans,
      onUnreadable: (error) => log.warn({ err: error }, 'spans are lost: they cannot be read'),
    })
    onStop('receiver', stop)
    log.info({ port }, `span store listening on ${url}`)
    return { port, url }
  },
})
