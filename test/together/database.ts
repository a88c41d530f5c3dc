/* PostgreSQL alone. */

import '../support/few-at-a-time.ts'
import '../integration/database-roles.test.ts'
import '../integration/migrations.test.ts'
import '../integration/payment-failures.test.ts'
import '../integration/payments-by-key.test.ts'
