import type { StageName } from '../config.ts'
import { stageDimension } from '../origin-metrics.ts'
import { tunnelDimension } from '../tunnel-metrics.ts'
import type { Dimensions } from './cloudwatch-metric.ts'
import { groupDimensions } from './group-metric.ts'
import type { Tunnel } from './tunnel.ts'

/** Dimensions of the tunnels' own metrics, and of the groups of their connectors. */
export const tunnelDimensions = (stage: StageName, tunnels: readonly Tunnel[]): Dimensions =>
  Object.fromEntries(
    tunnels.flatMap(({ number, connectors }) => [
      [`tunnel ${number}`, { [stageDimension]: stage, [tunnelDimension]: String(number) }],
      [`connectors ${number}`, groupDimensions(connectors)],
    ]),
  )
