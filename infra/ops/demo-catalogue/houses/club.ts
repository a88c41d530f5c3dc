import type { Layout } from '#shared/contracts/layout.ts'
import { buildLayout } from '../../import/formats/seating-plan.ts'
import { depth, numbers, straightRow } from './curved-rows.ts'

/** A club: a dance floor before the stage, and a gallery with seats on its other three sides. */
export function club(name: string): Layout {
  const floor = { left: 150, top: 80, right: 470, bottom: 380 }
  const { left, top, right, bottom } = floor
  const rows = numbers(2).flatMap((row) => {
    const away = 14 + row * depth
    const along = (section: string, y: number) => ({ section, from: { x: left + 60, y }, to: { x: right - 20, y } })
    return [
      { section: 'Gallery end', from: { x: right + away, y: top + 20 }, to: { x: right + away, y: bottom - 20 } },
      along('Gallery left', top - away),
      along('Gallery right', bottom + away),
    ].map((place) => straightRow({ ...place, label: String(row), category: 'Gallery' }))
  })
  const areas = [
    {
      name: 'Dance floor',
      capacity: 600,
      outline: [left, top + 40, left + 40, top, right, top, right, bottom, left + 40, bottom, left, bottom - 40],
    },
  ]
  const stage = { x: 30, y: 140, width: 92, height: 180, label: 'Stage' }
  return buildLayout({ name, width: 540, height: 460, rows, areas, stage })
}
