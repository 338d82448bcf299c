import { promisesUsers } from '../config.ts'
import { copiesMetric, edgeNamespace } from '../edge-metrics.ts'
import { type AlarmsOf, fiveTooFew, type PlainMetric, threeOfFive } from './threshold-alarm.ts'
import { requests } from './users.ts'

/** Requests in five minutes that make the edge's silence suspicious: a person who looks around sends fewer. */
const askedMin = 100

const ofStage = (name: string): PlainMetric => ({
  ...{ namespace: edgeNamespace, name, of: 'stage', statistic: 'Sum' },
})

/** The copy of the edge's counts, on which the edge's burn-rate alarms depend. */
export const edgeCountAlarms: AlarmsOf = ({ stage }) =>
  promisesUsers(stage)
    ? [
        {
          ...fiveTooFew,
          name: 'EdgeCountsSilent',
          metric: ofStage(copiesMetric),
          periodSeconds: 300,
          datapointsToAlarm: 3,
          threshold: 1,
          description:
            'The edge’s counts do not arrive, so its burn-rate alarms are blind: the log of the function Copy says why; npm run bootstrap puts a token in. Runbook: first-deploy.',
        },
        {
          ...threeOfFive,
          name: 'EdgeUncounted',
          metric: {
            expression: `IF(FILL(asked, 0) >= ${askedMin} AND FILL(answers, 0) < 1, 1, 0)`,
            metrics: { asked: requests, answers: ofStage('answers') },
            label: 'asked, and no answer counted',
          },
          periodSeconds: 300,
          threshold: 0,
          description:
            'The edge asks the origins and counts no answer, so its burn-rate alarms are blind: its version has another data set than this stage, or none. Runbook: roll-back-edge.',
        },
      ]
    : []
