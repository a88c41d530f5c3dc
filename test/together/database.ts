/* PostgreSQL alone. */

import '../support/few-at-a-time.ts'
import '../integration/auditor-new-database.test.ts'
import '../integration/database-roles.test.ts'
import '../integration/payment-records.test.ts'
