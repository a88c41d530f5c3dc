/** All places within a distance of a point. */
export interface Circle {
  readonly latitude: number
  readonly longitude: number
  readonly radiusKm: number
}

export interface Box {
  readonly south: number
  readonly north: number
  readonly west: number
  readonly east: number
}

const kmPerDegree = (2 * Math.PI * 6371.0088) / 360

/** One or two boxes of degrees that the circle lies in: two where it crosses the antimeridian, the whole width at a pole. */
export function boxesAround({ latitude, longitude, radiusKm }: Circle): Box[] {
  // A little more than it is, against rounding.
  const high = (radiusKm / kmPerDegree) * 1.001
  const south = Math.max(-90, latitude - high)
  const north = Math.min(90, latitude + high)
  const wide = halfWidth(latitude, high)
  if (wide >= 180) return [{ south, north, west: -180, east: 180 }]
  const west = longitude - wide
  const east = longitude + wide
  if (west < -180) return halves(south, north, west + 360, east)
  if (east > 180) return halves(south, north, west, east - 360)
  return [{ south, north, west, east }]
}

/** Degrees of longitude that a circle of `high` degrees reaches to each side, at its widest. */
function halfWidth(latitude: number, high: number): number {
  if (Math.abs(latitude) + high >= 90) return 180
  const radians = (degrees: number): number => (degrees * Math.PI) / 180
  return (Math.asin(Math.sin(radians(high)) / Math.cos(radians(latitude))) * 180) / Math.PI + 0.001
}

function halves(south: number, north: number, west: number, east: number): Box[] {
  return [
    { south, north, west, east: 180 },
    { south, north, west: -180, east },
  ]
}
