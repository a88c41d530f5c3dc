import test from 'ava'
import { alternativesNear } from '../../workers/booking/lost-seats/alternatives.ts'

const row = (rowNo: number, ...seatNos: number[]) => seatNos.map((seatNo) => ({ seatNo, rowNo }))

test('three groups side by side are offered, the nearest first', (t) => {
  const free = [...row(0, 0, 1, 2, 3, 6, 7), ...row(1, 10, 11, 12, 13, 14, 15)]
  t.deepEqual(alternativesNear(free, { seatNo: 8, qty: 2 }), [
    [6, 7],
    [10, 11],
    [12, 13],
  ])
})

test('where nothing is side by side, the nearest seats are offered as they are', (t) => {
  const free = [...row(0, 1, 3, 5), ...row(1, 12, 18)]
  t.deepEqual(alternativesNear(free, { seatNo: 4, qty: 2 }), [[3, 5]])
})

test('nothing is offered where too few seats are free', (t) => {
  t.deepEqual(alternativesNear(row(0, 1), { seatNo: 4, qty: 2 }), [])
})
