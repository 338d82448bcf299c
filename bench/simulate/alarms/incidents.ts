import type { Scenario } from '../scenario.ts'
import { scenarios } from '../scenarios.ts'
import type { Overlay } from './overlay.ts'
import type { Ringing } from './replay.ts'

/** An incident, and the alarms that are to ring for it. */
export interface RehearsedIncident {
  readonly name: string
  readonly scenario: Scenario
  readonly overlays?: readonly Overlay[]
  /** Whether the tunnel can be full. @default false: its capacity is assumed, and the times are those behind it */
  readonly hasTunnel?: true
  /** Factor of the database's CPU for a request, from the start. @default 1 */
  readonly databaseWeight?: number
  /** Minute in which it begins. */
  readonly beginsAt: number
  /** Alarms that ring, each with the longest time until it does, in minutes; no others may. */
  readonly rings: Readonly<Partial<Record<Ringing['alarm'], number>>>
  /** The same of the alarms on thresholds. */
  readonly limits: Readonly<Record<string, number>>
  /** Largest share of the critical requests' budget of a month that it costs; for what is not to ring. */
  readonly costsAtMost?: number
}

const minute = 60

function scenarioOf(name: string): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name)
  if (found === undefined) throw new RangeError(`no scenario '${name}'`)
  return found
}

const failover = scenarioOf('failover')
const steady: Scenario = { ...failover, name: 'steady', seconds: 60 * minute, incidents: [] }
const begins = 5

/** Incidents of the simulator, and two of the code, which are laid over a steady run. */
export const incidents: readonly RehearsedIncident[] = [
  {
    name: 'a flash crowd that the tunnel carries',
    scenario: scenarioOf('crowd'),
    beginsAt: 2,
    rings: { 'critical-availability-urgent': 8, 'background-availability-urgent': 8 },
    // The database is full again and again, between minutes in which lists are refused: not for five in a row.
    limits: { Shedding: 8, OriginSlow: 10, FleetAtMaximum: 14 },
  },
  {
    name: 'a flash crowd beyond the tunnel',
    scenario: scenarioOf('crowd'),
    hasTunnel: true,
    beginsAt: 2,
    rings: { 'critical-availability-urgent': 8, 'background-availability-urgent': 8 },
    limits: { Tunnel1Errors: 6, Tunnel2Errors: 6, Tunnel1Busy: 7, Tunnel2Busy: 7, FleetAtMaximum: 20 },
  },
  {
    name: 'a database that works nine times as long on each request',
    scenario: steady,
    databaseWeight: 9,
    beginsAt: 0,
    rings: {},
    limits: { DatabaseBusy: 7 },
  },
  {
    name: 'a primary that is lost again and again',
    scenario: {
      ...steady,
      name: 'flapping',
      incidents: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((index) => ({
        at: (begins + index) * minute,
        kind: 'database-failover',
      })),
    },
    beginsAt: begins,
    rings: { 'critical-availability-urgent': 6 },
    limits: { Shedding: 6, OriginUnready: 8, OriginErrors: 9, OriginSlow: 9, FleetAtMaximum: 12 },
  },
  {
    name: 'a release that fails a fifth of the requests',
    scenario: steady,
    overlays: [{ from: begins * minute, to: 60 * minute, failedShare: 0.2 }],
    beginsAt: begins,
    rings: { 'critical-availability-urgent': 8, 'normal-availability-urgent': 25 },
    limits: { OriginErrors: 6 },
  },
  {
    name: 'a release whose answers take 600 ms longer',
    scenario: { ...steady, seconds: 120 * minute },
    overlays: [{ from: begins * minute, to: 120 * minute, slowerMs: 600 }],
    beginsAt: begins,
    // The cache answers most requests in time, so the hour must fill.
    rings: { 'critical-latency-urgent': 60, 'normal-latency-urgent': 65 },
    limits: { OriginSlow: 6 },
  },
  {
    name: 'one failover',
    scenario: failover,
    beginsAt: begins,
    rings: {},
    limits: {},
    costsAtMost: 0.02,
  },
  {
    name: 'the loss of a zone, and of the primary with it',
    scenario: scenarioOf('zone'),
    beginsAt: begins,
    rings: {},
    limits: {},
    costsAtMost: 0.02,
  },
  {
    name: 'the loss of a zone with its connectors',
    scenario: scenarioOf('zone'),
    hasTunnel: true,
    beginsAt: begins,
    rings: {},
    limits: {},
    costsAtMost: 0.02,
  },
  {
    name: 'a deployment',
    scenario: scenarioOf('deploy'),
    beginsAt: 3,
    rings: {},
    limits: {},
    costsAtMost: 0.0001,
  },
  {
    name: 'a spike to 100,000 users',
    scenario: scenarioOf('spike'),
    beginsAt: 2,
    rings: {},
    limits: {},
    costsAtMost: 0.0001,
  },
]

/** A day of the quiet week: the wave of users, a deployment, and one request in 10,000 that fails. */
export const quietDay = {
  scenario: {
    ...scenarioOf('wave'),
    incidents: [{ at: 10 * 60 * minute, kind: 'deploy' }],
  } satisfies Scenario,
  overlays: [{ from: 0, to: 24 * 60 * minute, failedShare: 0.0001 }] satisfies readonly Overlay[],
}
