import { RecentMap } from '../recent-map.ts'

/** What URLs mean, so that each is read and checked once. */
export function rememberUrls<Meaning>(): RecentMap<Meaning> {
  return new RecentMap({ size: 5_000, maxKeyLength: 512 })
}
