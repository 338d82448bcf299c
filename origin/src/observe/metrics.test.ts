import { expect, it } from 'vitest'
import { AdmissionControl } from '../overload/admission-control.ts'
import { DelayLimit } from '../overload/delay-limit.ts'
import { Metrics } from './metrics.ts'

it('the p99 of waits for a connection includes waits that failed, and is reset by each scrape', async () => {
  const admission = new AdmissionControl({ limit: new DelayLimit(), random: () => 0, onActive: () => {} })
  const metrics = new Metrics({
    admission: () => admission.snapshot(0),
    pool: () => ({ size: 1, open: 1, inUse: 1 }),
    commandsGivenUp: () => 0,
    lanes: function* () {},
    isDraining: () => false,
  })
  const waitSeconds = async () =>
    Number(/^origin_pool_wait_p99_seconds (.*)$/m.exec((await metrics.scrape()).text)?.[1])

  metrics.onPool({ kind: 'checkedOut', waitMs: 0.2 })
  for (let times = 0; times < 10; times += 1) {
    metrics.onPool({ kind: 'checkOutFailed', waitMs: 500, reason: 'timeout' })
  }
  expect(await waitSeconds()).toBe(0.5)
  expect(await waitSeconds()).toBe(0)
  metrics.stop()
})
