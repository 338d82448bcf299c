import { replaceOrigins } from '../runbook/groups.ts'
import type { Runbook } from '../runbook/runbook.ts'

export const refreshOrigins: Runbook = {
  name: 'refresh-origins',
  when: 'Some origins stay unready after a failover, hold old connections or old credentials, or should get a patched image.',
  steps: [replaceOrigins('Replace all origins, a third at a time, new ones first')],
  after: 'Fleet rises by a third and falls back, three times. Users does not change.',
}
