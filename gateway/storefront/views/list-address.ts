/** The filters of the list of events, as in its address. */
export interface ListFilters {
  readonly keyword?: string | undefined
  readonly type?: string | undefined
  readonly city?: string | undefined
  readonly start?: string | undefined
  readonly end?: string | undefined
  readonly sort?: string | undefined
  readonly cursor?: string | undefined
}

/** The address of the list with these filters. */
export function listAddress(filters: ListFilters): string {
  const query = Object.entries(filters)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
    .join('&')
  return query === '' ? '/' : `/?${query}`
}

/** The address with some filters changed, on the first page. */
export function withFilters(filters: ListFilters, change: ListFilters): string {
  return listAddress({ ...filters, cursor: undefined, ...change })
}
