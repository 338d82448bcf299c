import { originMetrics, originNamespace } from '../origin-metrics.ts'
import type { MathMetric, PlainMetric } from './threshold-alarm.ts'

const ofStage = (name: string, statistic: PlainMetric['statistic'], label: string): PlainMetric => ({
  ...{ namespace: originNamespace, name, of: 'stage', statistic, label },
})

export const shed = ofStage(originMetrics.shed, 'Sum', 'shed')

/** Percentage of requests that the origin refused. */
export const shedShare: MathMetric = {
  // A minute without requests has no share, and missing data raises no alarm.
  expression: '100 * FILL(shed, 0) / (FILL(shed, 0) + admitted)',
  metrics: { shed, admitted: ofStage(originMetrics.admitted, 'Sum', 'admitted') },
  label: 'shed (%)',
}

/** Wait for a database connection, ms: each instance's p99, averaged over the group. */
export const poolWaitMs: MathMetric = {
  expression: '1000 * wait',
  metrics: { wait: ofStage(originMetrics.poolWait, 'Average', 'wait (s)') },
  label: 'wait for a connection (ms)',
}

/** Number of reports by instances: several per minute each, whatever the load. */
export const reports = ofStage(originMetrics.poolWait, 'SampleCount', 'reports')
