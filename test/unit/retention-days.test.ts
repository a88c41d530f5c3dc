import test from 'ava'
import { defaultRetentionDays, retentionDays } from '#shared/retention/periods.ts'

const refusal = (text: string): string => retentionDays.safeParse(text).error?.issues[0]?.message ?? 'accepted'

test('RETENTION_DAYS changes the rules that it names, and no other', (t) => {
  t.deepEqual(retentionDays.parse(undefined), defaultRetentionDays)
  t.deepEqual(retentionDays.parse('holds=7,payments=9000'), { ...defaultRetentionDays, holds: 7, payments: 9_000 })
})

test('a rule that does not exist, too few days, and money that goes before its bookings are refused with the reason', (t) => {
  t.regex(refusal('seats=7'), /there is no rule seats; there are commands, /)
  t.is(refusal('provider-inbox=1'), 'provider-inbox must be at least 3')
  t.regex(refusal('holds=soon'), /must be like holds=7,payments=5000, not holds=soon/)
  t.regex(refusal('payments=3650'), /payments must be kept at least 365 days longer than bookings/)
  t.regex(refusal('charges=5000'), /charges must not be kept longer than payments/)
})
