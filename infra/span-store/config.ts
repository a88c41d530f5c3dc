import { z } from 'zod'
import { commonSettings, dataDirectory } from '#shared/process/config.ts'

export const spanStoreSettings = z.object({
  ...commonSettings,
  /** Its spans lie in `spans` below. */
  DATA_DIR: z.string().default(dataDirectory({})),
  /** 0 picks a free one. */
  SPAN_STORE_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
})

export const spanStoreFlags = { port: 'SPAN_STORE_PORT', instance: 'INSTANCE' }
