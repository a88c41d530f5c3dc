import type { RequestOf } from '#shared/contracts/contract.ts'
import type { LayoutRow } from '#shared/contracts/layout.ts'
import type { stockEvent } from '#shared/contracts/stock.ts'
import { categoryOf, type Seating } from './seating.ts'

export type StockBatch = RequestOf<typeof stockEvent>
type StockRow = StockBatch['rows'][number]

/** Bytes of JSON: with the few fields of the event a message stays below 256 KB. */
const maxBytes = 255 * 1024
/** The contract's limit. */
const maxRows = 5_000

/** Splits the places of a layout, with their prices, into messages of bounded size. Areas are in the first one. */
export function* stockBatches(
  { layout, categoryPricesMinor, priceSteps, areaPricesMinor, currency }: Seating,
  event: Pick<StockBatch, 'event_id' | 'version' | 'max_tickets_per_user'>,
): Generator<StockBatch> {
  const tiers = layout.categories.map((name, index) => ({ name, steps: [...(priceSteps[index] ?? [])] }))
  let areas: StockBatch['areas'] = layout.areas.map(({ name, capacity }, areaNo) => {
    const priceMinor = areaPricesMinor[areaNo]
    if (priceMinor === undefined) throw new RangeError('an area of the layout has no price')
    return { area_no: areaNo, name, capacity, price_minor: priceMinor }
  })
  const tiersBytes = Buffer.byteLength(JSON.stringify(tiers))
  let rows: StockRow[] = []
  let bytes = tiersBytes + Buffer.byteLength(JSON.stringify(areas))
  let firstSeatNo = 0
  for (const [rowNo, row] of layout.rows.entries()) {
    const stockRow = toStockRow(row, { rowNo, firstSeatNo, categoryPricesMinor })
    const rowBytes = Buffer.byteLength(JSON.stringify(stockRow)) + 1
    if (rows.length === maxRows || (rows.length > 0 && bytes + rowBytes > maxBytes)) {
      yield { ...event, currency, tiers, rows, areas }
      rows = []
      areas = []
      bytes = tiersBytes
    }
    rows.push(stockRow)
    bytes += rowBytes
    firstSeatNo += row.seats.length
  }
  if (rows.length > 0 || areas.length > 0) yield { ...event, currency, tiers, rows, areas }
}

function toStockRow(
  row: LayoutRow,
  {
    rowNo,
    firstSeatNo,
    categoryPricesMinor,
  }: { rowNo: number; firstSeatNo: number } & Pick<Seating, 'categoryPricesMinor'>,
): StockRow {
  return {
    row_no: rowNo,
    section: row.section,
    label: row.label,
    first_seat_no: firstSeatNo,
    seats: row.seats,
    accessible: row.accessible ?? false,
    tier_nos: row.seats.map((_, index) => categoryOf(row, index) ?? 0),
    prices_minor: row.seats.map((_, index) => {
      const priceMinor = categoryPricesMinor[categoryOf(row, index) ?? -1]
      if (priceMinor === undefined) throw new RangeError('a seat of the layout has a category without a price')
      return priceMinor
    }),
  }
}
