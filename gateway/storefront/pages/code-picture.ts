import { create } from 'qrcode'
import type { CodePicture } from '../views/ticket-page.ts'

/** A ticket's code as a QR code that scanners can read with a seventh of it dirty or torn. */
export function codePicture(code: string): CodePicture {
  const { modules } = create(code, { errorCorrectionLevel: 'M' })
  const { size } = modules
  const rows = Array.from({ length: size }, (_, y) => rowPath(modules, y))
  return { size, path: rows.join('') }
}

interface Modules {
  readonly size: number
  /** 1 for a dark square. */
  get(row: number, column: number): number
}

/** The dark squares of a row; adjacent ones form one rectangle. */
function rowPath(modules: Modules, y: number): string {
  let path = ''
  for (let x = 0; x < modules.size; x += 1) {
    if (!modules.get(y, x)) continue
    const from = x
    while (x + 1 < modules.size && modules.get(y, x + 1)) x += 1
    path += `M${from} ${y}h${x + 1 - from}v1h-${x + 1 - from}z`
  }
  return path
}
