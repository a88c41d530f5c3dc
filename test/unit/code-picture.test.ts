import test from 'ava'
import { create } from 'qrcode'
import { codePicture } from '../../gateway/storefront/pages/code-picture.ts'

test('the picture of a code has exactly the dark squares of its QR code', (t) => {
  const code = `${'x'.repeat(70)}.${'y'.repeat(90)}.${'z'.repeat(86)}`
  const { modules } = create(code, { errorCorrectionLevel: 'M' })
  const { size, path } = codePicture(code)
  t.is(size, modules.size)
  const dark = new Set<string>()
  for (const [, x, y, width] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
    for (let at = 0; at < Number(width); at += 1) dark.add(`${Number(x) + at} ${y}`)
  }
  const wrong: string[] = []
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) if (Boolean(modules.get(y, x)) !== dark.has(`${x} ${y}`)) wrong.push(`${x} ${y}`)
  }
  t.deepEqual(wrong, [])
})
