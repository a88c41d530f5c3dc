/** The area within a distance of a point. */
export interface Circle {
  readonly latitude: number
  readonly longitude: number
  readonly radiusKm: number
}

interface Box {
  readonly south: number
  readonly north: number
  readonly west: number
  readonly east: number
}

/** Mean radius. */
export const earthRadiusKm = 6371.0088
const kmPerDegree = (2 * Math.PI * earthRadiusKm) / 360

/** The boxes of degrees that contain the circle: two if it crosses the antimeridian, the full width at a pole. */
export function boxesAround({ latitude, longitude, radiusKm }: Circle): Box[] {
  // Slightly larger, against rounding.
  const highDegrees = (radiusKm / kmPerDegree) * 1.001
  const south = Math.max(-90, latitude - highDegrees)
  const north = Math.min(90, latitude + highDegrees)
  const wideDegrees = halfWidth(latitude, highDegrees)
  if (wideDegrees >= 180) return [{ south, north, west: -180, east: 180 }]
  const west = longitude - wideDegrees
  const east = longitude + wideDegrees
  if (west < -180) return halves(south, north, west + 360, east)
  if (east > 180) return halves(south, north, west, east - 360)
  return [{ south, north, west, east }]
}

/** The degrees of longitude that a circle extends to each side, at its widest. */
function halfWidth(latitude: number, highDegrees: number): number {
  if (Math.abs(latitude) + highDegrees >= 90) return 180
  const radians = (degrees: number): number => (degrees * Math.PI) / 180
  return (Math.asin(Math.sin(radians(highDegrees)) / Math.cos(radians(latitude))) * 180) / Math.PI + 0.001
}

function halves(south: number, north: number, west: number, east: number): Box[] {
  return [
    { south, north, west, east: 180 },
    { south, north, west: -180, east },
  ]
}
