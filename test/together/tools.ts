/* What `npm start` and other commands are made of. */

import '../support/few-at-a-time.ts'
import '../integration/install-programs.test.ts'
import '../integration/launcher-logs.test.ts'
import '../integration/logs-command.test.ts'
import '../integration/setup-script.test.ts'
