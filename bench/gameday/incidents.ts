import type { FaultProxy } from '@spillway/origin/dev/fault-proxy'
import type { FleetOrigin } from '../faults/fleet.ts'
import type { World } from '../faults/world.ts'
import type { Field } from './field.ts'

export const incidentNames = [
  'zone',
  'primary',
  'tunnel',
  'slow-tunnel',
  'kv',
  'issuer',
  'bad-release',
] as const
export type IncidentName = (typeof incidentNames)[number]

export interface Incident {
  readonly name: IncidentName
  /** One line for the report. */
  readonly says: string
  /** Causes of which `npm run why` has to name one; `healthy` where the stack hides the incident from everybody. */
  readonly causes: readonly string[]
  /** Longest time to recover, in seconds. */
  readonly rtoSecondsMax: number
  /** Time for which it lasts at least, in ms: until it can have an effect. */
  readonly lastsMs: number
  begin(field: Field): Promise<void>
  /** Step of the operator, once the cause is known. @default none: the stack helps itself while the incident lasts */
  mend?(field: Field): Promise<void>
  /** Ends the incident. */
  end(field: Field): Promise<void>
}

// The casts are safe: a world has two edges, two origins, and a link for each pair and for each member.
const origin = (world: World, index: number) => world.origins[index] as FleetOrigin
// The cast: as above.
const waysTo = (world: World, index: number) => world.edgeLinks.map((links) => links[index] as FaultProxy)
const pass = (links: readonly FaultProxy[]) => all(links, 'pass')
const all = async (links: readonly FaultProxy[], kind: 'cut' | 'stall' | 'pass'): Promise<void> => {
  await Promise.all(links.map((link) => link.apply({ kind })))
}

/** Members that were killed, until the end of their incident. */
const dead: number[] = []
const killMember = async ({ cluster }: World, offset: number): Promise<void> => {
  const primary = await cluster.primary()
  if (primary === undefined) throw new Error('the database has no primary before the incident')
  const member = (primary + offset) % cluster.ports.length
  dead.push(member)
  await cluster.end(member, 'SIGKILL')
}
const reviveMembers = async ({ cluster }: World): Promise<void> => {
  for (const member of dead.splice(0)) await cluster.restart(member)
}

/** Replaces the origins, one after the other. */
const release = async ({ origins }: World, preload?: URL): Promise<void> => {
  for (const origin of origins) {
    await origin.drain()
    await origin.restart(preload)
  }
}

/** The incidents of a game day, in their order. Each ends with the stack as it was. */
export const incidents: readonly Incident[] = [
  {
    name: 'zone',
    says: 'one of two zones is gone: its origin, its tunnel, and a member of the database that is not the primary',
    causes: ['origin down'],
    rtoSecondsMax: 5,
    lastsMs: 6_000,
    begin: async ({ world }) => {
      await Promise.all([all(waysTo(world, 0), 'cut'), origin(world, 0).kill(), killMember(world, 1)])
    },
    end: async ({ world }) => {
      await Promise.all([pass(waysTo(world, 0)), origin(world, 0).restart(), reviveMembers(world)])
    },
  },
  {
    name: 'primary',
    says: 'the primary is killed; the set elects another one (in 1 s here, in 30 to 60 s with DocumentDB)',
    // Depends on the moment: the last commands to the old primary are given up before there is none. The election takes a
    // second here, so most questions come after it, when breakers of the edge are all that is left.
    causes: ['primary unavailable', 'slow primary', 'breaker open'],
    rtoSecondsMax: 10,
    lastsMs: 4_000,
    begin: ({ world }) => killMember(world, 0),
    end: ({ world }) => reviveMembers(world),
  },
  {
    name: 'tunnel',
    says: 'one of two tunnels refuses connections',
    // The edge asks the other one, so there may be no request that anybody could complain about.
    causes: ['tunnel down', 'healthy'],
    rtoSecondsMax: 5,
    lastsMs: 6_000,
    begin: ({ world }) => all(waysTo(world, 0), 'cut'),
    end: ({ world }) => pass(waysTo(world, 0)),
  },
  {
    name: 'slow-tunnel',
    says: 'one of two tunnels takes requests and answers none',
    causes: ['tunnel down'],
    rtoSecondsMax: 10,
    lastsMs: 6_000,
    begin: ({ world }) => all(waysTo(world, 0), 'stall'),
    end: ({ world }) => pass(waysTo(world, 0)),
  },
  {
    name: 'kv',
    says: 'the control namespace cannot be read: the last known switch and revocations stay in force',
    causes: ['healthy'],
    rtoSecondsMax: 0,
    // Longer than the edge uses a state without reading again (15 s).
    lastsMs: 20_000,
    begin: ({ controlLink }) => all([controlLink], 'cut'),
    end: ({ controlLink }) => pass([controlLink]),
  },
  {
    name: 'issuer',
    says: 'the key set of the token issuer cannot be fetched: known keys stay in force',
    causes: ['issuer down'],
    rtoSecondsMax: 0,
    lastsMs: 6_000,
    begin: ({ world }) => all([world.issuerLink], 'cut'),
    end: ({ world }) => pass([world.issuerLink]),
  },
  {
    name: 'bad-release',
    says: 'a release that fails every list of places replaces the origins, and is rolled back once the cause is named',
    causes: ['bad release'],
    rtoSecondsMax: 30,
    lastsMs: 0,
    begin: ({ world }) => release(world, new URL('bad-release.ts', import.meta.url)),
    mend: ({ world }) => release(world),
    end: async () => {},
  },
]
