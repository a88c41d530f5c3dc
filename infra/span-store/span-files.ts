import { join } from 'node:path'

/** Where spans lie below the data folder. */
export function spanDirectory(dataDirectory: string): string {
  return join(dataDirectory, 'spans')
}

/** The file that grows, and the one before it. */
export function spanFiles(directory: string): { current: string; older: string } {
  return { current: join(directory, 'spans.jsonl'), older: join(directory, 'spans.1.jsonl') }
}
