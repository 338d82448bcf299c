import type { LoadMix, LoadShares } from '@spillway/origin/contract'
import type { Scenario, Threshold } from './scenario.ts'

const second = 1_000
const minute = 60 * second

/** Each user opens a screen every five seconds, which takes five requests: one request per user and second. */
const browsing = { kind: 'open', everyMs: second } as const

/** All operations of the contract: nine reads for a write. */
const everything: LoadShares = { read: 60, list: 30, create: 5, patch: 5 }

const zipf = { kind: 'zipf', exponent: 0.8 } as const

const useful: Threshold = { metric: 'goodPercent', holds: '>=', limit: 99 }
const promptly: Threshold = { metric: 'p99Ms', holds: '<=', limit: 1_000 }
const truthful: Threshold = { metric: 'failedPercent', holds: '<=', limit: 0.1 }

const common = { popularity: zipf, usefulMs: 1_000, timeoutMs: 30 * second } as const

/** A scenario without the operations, which depend on the application. */
type Course = Omit<Scenario, 'shares' | 'resources' | 'documents'> & {
  /** `browse`: the application's own mix. */
  readonly shares: LoadShares | 'browse'
  /** Every user wants the same resources. */
  readonly isCrowd?: boolean
}

const courses = {
  spike: {
    ...common,
    name: 'spike',
    title: '1,000 → 100,000 users online within seconds',
    why: 'The night that it started with: what had carried a thousand users gets a hundred thousand.',
    users: [
      { atMs: 0, users: 1_000 },
      { atMs: 10 * second, users: 1_000 },
      { atMs: 15 * second, users: 100_000 },
      { atMs: 75 * second, users: 100_000 },
      { atMs: 80 * second, users: 1_000 },
      { atMs: 100 * second, users: 1_000 },
    ],
    behaviour: browsing,
    shares: 'browse',
    thresholds: [{ metric: 'goodPercent', holds: '>=', limit: 95 }, promptly, truthful],
  },
  ramp: {
    ...common,
    name: 'ramp',
    title: '1,000 → 100,000 users in ten minutes',
    why: 'Where the answers become slow, and which number of users that is.',
    users: [
      { atMs: 0, users: 1_000 },
      { atMs: 10 * minute, users: 100_000 },
    ],
    behaviour: browsing,
    shares: 'browse',
    thresholds: [useful, promptly, truthful],
  },
  soak: {
    ...common,
    name: 'soak',
    title: '20,000 users for an hour',
    why: 'What only time shows: memory that grows, connections that leak, a cache that fills.',
    users: [
      { atMs: 0, users: 20_000 },
      { atMs: 60 * minute, users: 20_000 },
    ],
    behaviour: { kind: 'closed', everyMs: second },
    shares: everything,
    thresholds: [{ metric: 'goodPercent', holds: '>=', limit: 99.9 }, promptly, truthful],
  },
  'flash-crowd': {
    ...common,
    name: 'flash-crowd',
    title: '100,000 users come at one moment for a few pages',
    why: 'A link in the evening news: everybody at once, and nearly all want the same.',
    users: [
      { atMs: 0, users: 500 },
      { atMs: 20 * second, users: 500 },
      { atMs: 21 * second, users: 100_000 },
      { atMs: 80 * second, users: 20_000 },
    ],
    behaviour: browsing,
    shares: { read: 70, list: 30 },
    popularity: { kind: 'zipf', exponent: 1.4 },
    isCrowd: true,
    thresholds: [useful, promptly, truthful],
  },
  'write-storm': {
    ...common,
    name: 'write-storm',
    title: '40,000 users, and nine of ten requests write',
    why: 'No cache helps against writes: only group commit and shedding do.',
    users: [
      { atMs: 0, users: 2_000 },
      { atMs: 20 * second, users: 40_000 },
      { atMs: 80 * second, users: 40_000 },
    ],
    behaviour: { kind: 'open', everyMs: 5 * second },
    shares: { read: 10, create: 60, patch: 30 },
    thresholds: [{ metric: 'goodPercent', holds: '>=', limit: 80 }, promptly, truthful],
  },
  'hot-key': {
    ...common,
    name: 'hot-key',
    title: '50,000 users read one document, which changes all the time',
    why: 'Every change makes everybody miss at once: one flight for each key, or a stampede.',
    users: [
      { atMs: 0, users: 50_000 },
      { atMs: 60 * second, users: 50_000 },
    ],
    behaviour: browsing,
    shares: { read: 98, patch: 2 },
    popularity: { kind: 'one' },
    isCrowd: true,
    thresholds: [useful, promptly, truthful],
  },
  'thundering-herd': {
    ...common,
    name: 'thundering-herd',
    title: 'The origin is away for 20 seconds, and everybody comes back at once',
    why: 'Recovery is harder than the outage: caches are stale, and three times the users try again.',
    users: [
      { atMs: 0, users: 20_000 },
      { atMs: 20 * second, users: 20_000 },
      { atMs: 40 * second, users: 20_000 },
      { atMs: 41 * second, users: 60_000 },
      { atMs: 50 * second, users: 60_000 },
      { atMs: 60 * second, users: 20_000 },
      { atMs: 90 * second, users: 20_000 },
    ],
    outage: { fromMs: 20 * second, toMs: 40 * second },
    behaviour: browsing,
    shares: 'browse',
    thresholds: [{ metric: 'goodPercent', holds: '>=', limit: 80 }, promptly],
  },
  'slow-clients': {
    ...common,
    name: 'slow-clients',
    title: '10,000 users, and 10,000 clients that send a byte a second',
    why: 'A connection that is held costs a server that gives it a thread, and must not cost the others theirs.',
    users: [
      { atMs: 0, users: 10_000 },
      { atMs: 60 * second, users: 10_000 },
    ],
    behaviour: browsing,
    shares: 'browse',
    slowClients: { count: 10_000, byteEveryMs: second },
    thresholds: [useful, promptly, truthful],
  },
} as const satisfies Readonly<Record<string, Course>>

export type ScenarioName = keyof typeof courses

// The cast is safe: the object is declared above, and nothing adds keys.
export const scenarioNames = Object.keys(courses) as readonly ScenarioName[]

/** A scenario at full scale, with the load of an application. */
export function scenarioOf(
  name: ScenarioName,
  { browse, crowded, documents, inputs, expects }: LoadMix,
): Scenario {
  const { shares, isCrowd = false, ...course }: Course = courses[name]
  return {
    ...course,
    documents,
    ...(inputs !== undefined && { inputs }),
    ...(expects !== undefined && { expects }),
    shares: shares === 'browse' ? browse : shares,
    ...(isCrowd && { resources: crowded }),
  }
}

/** @throws Error that lists the known names */
export function findScenario(name: string | undefined, load: LoadMix): Scenario {
  const found = scenarioNames.find((known) => known === name)
  if (found !== undefined) return scenarioOf(found, load)
  throw new Error(`scenario '${name ?? ''}' is unknown: must be one of ${scenarioNames.join(', ')}`)
}
