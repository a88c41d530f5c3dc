import test from 'ava'
import fc from 'fast-check'
import { boxesAround, earthRadiusKm } from '../../workers/event/search/geography.ts'

/** Not quite at the poles, where `placeFrom` loses its last digits. */
const anyCircle = fc.record({
  latitude: fc.double({ min: -89.99, max: 89.99, noNaN: true }),
  longitude: fc.double({ min: -180, max: 180, noNaN: true }),
  radiusKm: fc.double({ min: 0.001, max: 20_000, noNaN: true }),
})

test('every place of a circle lies in one of its boxes, wherever on Earth it is', (t) => {
  const anyBearing = fc.double({ min: 0, max: 2 * Math.PI, noNaN: true })
  fc.assert(
    fc.property(anyCircle, anyBearing, fc.double({ min: 0, max: 1, noNaN: true }), (circle, bearing, part) => {
      const { latitude, longitude } = placeFrom(circle, bearing, part * circle.radiusKm)
      return boxesAround(circle).some(
        ({ south, north, west, east }) =>
          south <= latitude && latitude <= north && west <= longitude && longitude <= east,
      )
    }),
  )
  t.pass()
})

test('a small circle has a small box', (t) => {
  const [box, ...others] = boxesAround({ latitude: 52.5, longitude: 13.4, radiusKm: 50 })
  t.deepEqual(others, [])
  t.true(box !== undefined && box.north - box.south < 1 && box.east - box.west < 1.6)
})

test('a circle across the antimeridian has a box on either side, one around a pole the whole width', (t) => {
  const fiji = boxesAround({ latitude: -17, longitude: 179.9, radiusKm: 100 })
  t.deepEqual(
    fiji.map(({ west, east }) => [Math.sign(west), Math.sign(east)]),
    [
      [1, 1],
      [-1, -1],
    ],
  )
  t.like(boxesAround({ latitude: 89.9, longitude: 0, radiusKm: 50 }), [{ west: -180, east: 180 }])
})

/** The place in that direction and distance, along a great circle. */
function placeFrom({ latitude, longitude }: { latitude: number; longitude: number }, bearing: number, km: number) {
  const from = (latitude * Math.PI) / 180
  const angle = km / earthRadiusKm
  const to = Math.asin(
    Math.max(-1, Math.min(1, Math.sin(from) * Math.cos(angle) + Math.cos(from) * Math.sin(angle) * Math.cos(bearing))),
  )
  const east = Math.atan2(
    Math.sin(bearing) * Math.sin(angle) * Math.cos(from),
    Math.cos(angle) - Math.sin(from) * Math.sin(to),
  )
  const turned = longitude + (east * 180) / Math.PI
  return { latitude: (to * 180) / Math.PI, longitude: turned - 360 * Math.round(turned / 360) }
}
