import test from 'ava'
import type { TicketingError } from '#shared/errors.ts'
import { refuseUnlessOpen, type SaleWindow } from '../../workers/booking/sale.ts'

const noon = new Date('2030-01-01T12:00:00Z')
const one = new Date('2030-01-01T13:00:00Z')
const openFromNoonToOne: SaleWindow = { status: 'on_sale', onSaleAt: noon, offSaleAt: one }

function refusal(sale: SaleWindow, now: Date): TicketingError | undefined {
  try {
    refuseUnlessOpen(sale, now)
    return undefined
  } catch (error) {
    return error as TicketingError
  }
}

test('a sale is open from its first instant until just before its last', (t) => {
  const at = (now: number) => refusal(openFromNoonToOne, new Date(now))?.code
  t.is(at(noon.getTime() - 1), 'sale_not_open')
  t.is(at(noon.getTime()), undefined)
  t.is(at(one.getTime() - 1), undefined)
  t.is(at(one.getTime()), 'sale_closed')
})

test('a sale without times is open as long as its status says so', (t) => {
  const codes = (['announced', 'on_sale', 'paused', 'off_sale', 'postponed', 'cancelled'] as const).map(
    (status) => refusal({ status, onSaleAt: null, offSaleAt: null }, noon)?.code,
  )
  t.deepEqual(codes, ['sale_not_open', undefined, 'sale_paused', 'sale_closed', 'sale_paused', 'event_cancelled'])
})

test('a buyer who comes too early is told when the sale opens', (t) => {
  const early = new Date(noon.getTime() - 60_000)
  t.deepEqual(refusal(openFromNoonToOne, early)?.extra, { on_sale_at: '2030-01-01T12:00:00.000Z' })
})
