import type { ScalingPolicy, ScalingRules, StepScaling, TargetTracking } from './group/scaling-rules.ts'
import { cores } from './rules.ts'

/** One dimension of the search: names and what they stand for. */
type Choice<Value> = readonly (readonly [name: string, value: Value])[]

/** Maximum number of processes of a group within the connection budget, with a pool of 24. */
const processesMax = 48

const shedSteps = (mild: number, urgent: number): StepScaling => ({
  kind: 'step',
  metric: 'shedPercent',
  direction: 'out',
  adjustment: 'percent',
  periods: 1,
  steps: [
    { at: 1, change: mild },
    { at: 10, change: urgent },
  ],
})

const waitSteps: StepScaling = {
  kind: 'step',
  metric: 'poolWaitMs',
  direction: 'out',
  adjustment: 'percent',
  periods: 1,
  steps: [
    { at: 20, change: 25 },
    { at: 100, change: 50 },
  ],
}

const steps: Choice<readonly StepScaling[]> = [
  ['no steps', []],
  ['steps 50/100', [waitSteps, shedSteps(50, 100)]],
  ['steps 100/300', [waitSteps, shedSteps(100, 300)]],
]

/** @param capacityPerSecond requests that keep one process busy, as measured */
export function candidates(capacityPerSecond: number): readonly ScalingRules[] {
  const requests = (share: number, processes: number): TargetTracking => ({
    kind: 'target',
    metric: 'requestsPerTarget',
    target: Math.round((capacityPerSecond * share) / 100) * 100 * processes * 60,
  })
  const cpu = (target: number): TargetTracking => ({ kind: 'target', metric: 'cpuPercent', target })
  const signals = (processes: number): Choice<readonly TargetTracking[]> => [
    // Both rules are first, so that they win a tie against one alone: either target may be set wrong.
    ['requests and CPU at 50 %', [requests(0.5, processes), cpu(50)]],
    ...[0.35, 0.5, 0.65].map(
      (share) => [`requests at ${share * 100} %`, [requests(share, processes)]] as const,
    ),
    ...[35, 50, 65].map((target) => [`CPU at ${target} %`, [cpu(target)]] as const),
  ]
  const rules: ScalingRules[] = []
  for (const [instanceType, processes] of Object.entries(cores)) {
    for (const min of [3, 6])
      for (const warm of [0, 3, 6])
        for (const [signal, trackers] of signals(processes))
          for (const [stepName, growth] of steps) {
            const policies: readonly ScalingPolicy[] = [...trackers, ...growth]
            rules.push({
              name: `${instanceType} ${min}+${warm}, ${signal}, ${stepName}`,
              instanceType,
              processes,
              min,
              max: Math.floor(processesMax / processes),
              warm,
              warmupSeconds: 60,
              periodSeconds: 60,
              policies,
            })
          }
  }
  return rules
}
