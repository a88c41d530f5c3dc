import type { stockEvent } from '#shared/contracts/booking.ts'
import type { RequestOf } from '#shared/contracts/contract.ts'
import type { LayoutRow } from '#shared/contracts/layout.ts'
import { categoryOf, type Seating } from './seating.ts'

export type StockBatch = RequestOf<typeof stockEvent>
type StockRow = StockBatch['rows'][number]

/** Bytes of JSON: with what surrounds the rows a message stays below 256 KB. */
const maxRowsBytes = 255 * 1024
/** What the contract allows. */
const maxRows = 5_000

/** Cuts the seats of a layout, each with its price, into messages of bounded size. */
export function* stockBatches(
  { layout, categoryPricesMinor, currency }: Seating,
  event: Pick<StockBatch, 'event_id' | 'version' | 'max_tickets_per_user'>,
): Generator<StockBatch> {
  let rows: StockRow[] = []
  let bytes = 0
  let firstSeatNo = 0
  for (const [rowNo, row] of layout.rows.entries()) {
    const stockRow = toStockRow(row, { rowNo, firstSeatNo, categoryPricesMinor })
    const rowBytes = Buffer.byteLength(JSON.stringify(stockRow)) + 1
    if (rows.length === maxRows || (rows.length > 0 && bytes + rowBytes > maxRowsBytes)) {
      yield { ...event, currency, rows }
      rows = []
      bytes = 0
    }
    rows.push(stockRow)
    bytes += rowBytes
    firstSeatNo += row.seats.length
  }
  if (rows.length > 0) yield { ...event, currency, rows }
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
    prices_minor: row.seats.map((_, index) => {
      const priceMinor = categoryPricesMinor[categoryOf(row, index) ?? -1]
      if (priceMinor === undefined) throw new RangeError('a seat of the layout has a category without a price')
      return priceMinor
    }),
  }
}
