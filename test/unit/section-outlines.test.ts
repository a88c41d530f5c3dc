import { gzipSync } from 'node:zlib'
import test from 'ava'
import { viewLayout } from '#shared/contracts/event.ts'
import { layoutSchema } from '#shared/contracts/layout.ts'
import { theatre } from '../../infra/ops/demo-catalogue/houses/theatre.ts'
import { sectionOutlines } from '../../workers/event/section-outlines.ts'
import { shownLayout } from '../support/houses.ts'
import { realLayout, testWithRealData } from '../support/real-data.ts'

function section(points: readonly (readonly [number, number])[]) {
  const rows = points.map(([x, y], index) => ({
    section: 'A',
    label: String(index),
    category: 0,
    seats: ['1'],
    x: [x],
    y: [y],
  }))
  return sectionOutlines({
    rows: [{ section: 'B', label: '', category: 0, seats: ['1', '2'], x: [500, 501], y: [0, 0] }, ...rows],
  })[1]?.points
}

test('the outline of a block is its corners', (t) => {
  const block = Array.from({ length: 100 }, (_, index) => [index % 10, Math.floor(index / 10)] as const)
  t.deepEqual(new Set(pairs(section(block) ?? [])), new Set(['0,0', '9,0', '9,9', '0,9']))
})

test('a bay wider than seven seats is left out, an aisle is not', (t) => {
  const bay = Array.from({ length: 300 }, (_, index) => [index % 30, Math.floor(index / 30)] as const)
  const outline = section(bay.filter(([x, y]) => !(x > 8 && x < 22 && y > 4))) ?? []
  t.true(pairs(outline).includes('8,9') && pairs(outline).includes('22,9'), outline.join(' '))
  const aisle = section(bay.filter(([x]) => x !== 14)) ?? []
  t.is(aisle.length, 8)
})

test('one seat, and seats on one line, have outlines too', (t) => {
  t.deepEqual(section([[3, 4]]), [3, 4, 3, 4, 3, 4])
  t.is(section([0, 1, 2].map((at) => [at, at]))?.length, 6)
})

test('a layout with stage, areas, companions and outlines is one that the contract knows', (t) => {
  const layout = theatre('House')
  t.deepEqual(layoutSchema.parse(layout), layout)
  for (const coordinates of ['absolute', 'differences'] as const) {
    t.notThrows(() => viewLayout.reply.parse(shownLayout(layout, coordinates)))
  }
})

testWithRealData('a real arena with its outlines is at most 29 KB, compressed, in whole differences', (t) => {
  for (const file of [
    'tm-geometry-td-garden-boston',
    'tm-geometry-moody-center-austin',
    'tm-geometry-united-center-chicago',
    'pretix-large-amerant-bank-arena',
  ]) {
    const bytes = gzipSync(JSON.stringify(shownLayout(realLayout(file), 'differences'))).byteLength
    t.true(bytes <= 29 * 1_024, `${file}: ${bytes}`)
  }
})

const pairs = (outline: readonly number[]): string[] =>
  outline.flatMap((x, index) => (index % 2 === 0 ? [`${x},${outline[index + 1]}`] : []))
