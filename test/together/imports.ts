/* What fills a catalogue, on one system: the demo first, because it fills an empty one only. */

import '../integration/demo-catalogue.test.ts'
import '../integration/import-command.test.ts'
