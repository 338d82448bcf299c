import type { Scenario, UserPoint } from './scenario.ts'

const minute = 60
const hour = 3_600

/** A wave of a day: least at 4 in the night, most at 4 in the afternoon. */
const wave = (least: number, most: number): readonly UserPoint[] =>
  Array.from({ length: 25 }, (_, index) => {
    const height = (1 - Math.cos(((index - 4) / 24) * 2 * Math.PI)) / 2
    return { at: index * hour, users: least * (most / least) ** height }
  })

const peak = [{ at: 0, users: 100_000 }]

export const scenarios: readonly Scenario[] = [
  {
    name: 'spike',
    title: 'Spike: 1,000 → 100,000 users in four minutes',
    seconds: 40 * minute,
    users: [
      { at: 2 * minute, users: 1_000 },
      { at: 6 * minute, users: 100_000 },
      { at: 30 * minute, users: 100_000 },
      { at: 36 * minute, users: 1_000 },
    ],
    incidents: [],
    settle: 5 * minute,
    dataCentres: 20,
  },
  {
    name: 'wave',
    title: 'A day: 5,000 users at night, 100,000 in the afternoon',
    seconds: 24 * hour,
    users: wave(5_000, 100_000),
    incidents: [],
    settle: 30 * minute,
    dataCentres: 20,
  },
  {
    name: 'crowd',
    title: 'Flash crowd: 100,000 → 10,000,000 users in five minutes',
    seconds: 40 * minute,
    users: [
      { at: 2 * minute, users: 100_000 },
      { at: 7 * minute, users: 10_000_000 },
      { at: 25 * minute, users: 10_000_000 },
      { at: 32 * minute, users: 100_000 },
    ],
    incidents: [],
    settle: 30 * minute,
    dataCentres: 200,
  },
  {
    name: 'zone',
    title: 'A zone is lost at 100,000 users, the database’s primary with it',
    seconds: 20 * minute,
    users: peak,
    incidents: [
      { at: 5 * minute, kind: 'zone-loss', zone: 0, seconds: 10 * minute },
      { at: 5 * minute, kind: 'database-failover' },
    ],
    settle: 30 * minute,
    dataCentres: 20,
  },
  {
    name: 'failover',
    title: 'The database fails over at 100,000 users',
    seconds: 15 * minute,
    users: peak,
    incidents: [{ at: 5 * minute, kind: 'database-failover' }],
    settle: 30 * minute,
    dataCentres: 20,
  },
  {
    name: 'deploy',
    title: 'A deployment at 100,000 users',
    seconds: 30 * minute,
    users: peak,
    incidents: [{ at: 3 * minute, kind: 'deploy' }],
    settle: 30 * minute,
    dataCentres: 20,
  },
]
