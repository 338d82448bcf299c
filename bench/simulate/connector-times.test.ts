import { expect, it } from 'vitest'
import { type ConnectorTimes, connectorPerSecond, readConnectorTimes } from './connector-times.ts'
import { connectorCpuTargetPercent, connectorRequestsPerSecond } from './infra.ts'

it('a connector does what its processor has left beside the standing part', () => {
  const times: ConnectorTimes = {
    ...readConnectorTimes(),
    standingShare: 0.04,
    cpuUs: 200,
    deployedFactor: 1.5,
  }
  expect(connectorPerSecond(times)).toBeCloseTo(3_200, 6)
  expect(connectorPerSecond(times, 0.5)).toBeCloseTo(1_533.3, 1)
})

it('infra plans with no more than was measured, and with most of it', () => {
  const measured = connectorPerSecond(readConnectorTimes(), connectorCpuTargetPercent / 100)
  expect(connectorRequestsPerSecond).toBeLessThanOrEqual(measured)
  expect(connectorRequestsPerSecond).toBeGreaterThan(0.8 * measured)
})
