import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { deployEdge } from '../../runbooks/deploy-edge.ts'
import { live } from './live.ts'
import { proves, withoutStep, withStep } from './prove.ts'
import { World } from './world.ts'

const originRuns = (world: World, release: string): void =>
  world.aws.stacks.set('spillway-production-origin', { Release: release })

proves(deployEdge, {
  inputs: {},
  arrange: async (world) => originRuns(world, await world.commit()),
  expect: (world) => {
    expect(Object.values(live(world))).toEqual([100])
    expect(Object.keys(live(world))).not.toContain('0123456789ab edge')
  },
  expectUndone: (world) => expect(live(world)).toEqual({ '0123456789ab edge': 100 }),
  bugs: [
    {
      what: 'all traffic to a version that was not uploaded',
      in: withoutStep(1),
      noticed: /✗/,
    },
  ],
})

describe('deploy-edge of a bad version', () => {
  let world: World
  beforeEach(async () => {
    world = await World.start()
    originRuns(world, await world.commit())
  })
  afterEach(() => world.close())
  /** The new version answers so, from the moment that it has traffic. */
  const answersWith = (errors: number, p99Ms: number) => {
    const { upload } = world.cloudflare
    world.cloudflare.upload = (...words) => {
      const version = upload.apply(world.cloudflare, words)
      world.cloudflare.figures.set(version.id, { requests: 2_000, errors, p99Ms })
      return version
    }
  }

  it.each([
    ['2 % of errors', 40, 80, /2\.00 % of its answers are errors, and 0\.00 %/],
    ['100 ms more', 0, 180, /its p99 is 180 ms, and the former version's 80 ms/],
  ])('takes its traffic back by itself: %s', async (_, errors, p99Ms, words) => {
    answersWith(errors, p99Ms)
    expect(await world.run(deployEdge, {})).toBe(false)
    const text = world.shown.join('\n')
    expect(text).toMatch(words)
    expect(text).toContain('Taken back by itself')
    expect(live(world)).toEqual({ '0123456789ab edge': 100 })
    expect(world.faults).toEqual([])
    // At the first look after it had traffic: nothing of the ten minutes has passed.
    expect(text).not.toContain('minutes to go')
  })

  it('keeps its traffic where nothing is compared, so the comparison is what takes it', async () => {
    answersWith(2_000, 900)
    const blind = withStep(2, ({ check: { harm: _, ...check } }) => ({ check }))(deployEdge)
    expect(await world.run(blind, {})).toBe(true)
    expect(live(world)).not.toHaveProperty('0123456789ab edge')
  })

  it('takes its traffic back by itself after a run that was cut off', async () => {
    const [former] = world.cloudflare.versions
    const bad = world.cloudflare.upload(`${(await world.commit()).slice(0, 12)} edge`)
    const shares = [
      { version_id: bad.id, percentage: 10 },
      { version_id: former?.id ?? '', percentage: 90 },
    ]
    world.cloudflare.deploy(shares)
    world.cloudflare.figures.set(bad.id, { requests: 2_000, errors: 400, p99Ms: 80 })
    expect(await world.run(deployEdge, {})).toBe(false)
    expect(live(world)).toEqual({ '0123456789ab edge': 100 })
  })
})

describe('deploy-edge with the canary', () => {
  let world: World
  beforeEach(async () => {
    world = await World.start()
    originRuns(world, await world.commit())
  })
  afterEach(() => world.close())
  const text = () => world.shown.join('\n')
  /** The new version cannot change documents while it has one of these shares. */
  const breaksAt = (...shares: readonly number[]) => {
    const [former] = world.cloudflare.versions
    world.edge.isBroken = (version) =>
      version !== former?.id && shares.includes(world.cloudflare.live[version] ?? 0)
  }

  it.each([
    ['at a tenth', [10, 100]],
    ['with all traffic', [100]],
  ] as const)('takes the traffic back when it fails %s', async (moment, shares) => {
    breaksAt(...shares)
    expect(await world.run(deployEdge, {})).toBe(false)
    expect(text()).toContain(`the canary ${moment} fails: change: 500 internal, request r`)
    expect(text()).toContain('Taken back by itself')
    expect(live(world)).toEqual({ '0123456789ab edge': 100 })
    expect(world.faults).toEqual([])
    // By name, so the former version with nine tenths of the traffic has answered nothing.
    expect(new Set(world.edge.answeredBy).size).toBe(1)
  })

  it('gives a version that it is not asked about all traffic', async () => {
    breaksAt(10, 100)
    expect(await world.run(deployEdge, { canary: 'no' }), text()).toBe(true)
    expect(world.edge.answeredBy).toEqual([])
  })

  it('is refused before a change without its token', async () => {
    expect(await world.run(deployEdge, { 'canary-token': '' })).toBe(false)
    expect(text()).toContain('set CANARY_TOKEN, or pass --canary no')
    expect(world.changes).toEqual([])
  })
})

proves(
  { ...deployEdge, name: 'deploy-edge, before the origin' },
  {
    isVariant: true,
    inputs: { 'at-once': 'yes' },
    arrange: (world) => originRuns(world, 'another'),
    expect: (world) => expect(Object.values(live(world))).toEqual([100]),
    idle: [2],
    bugs: [
      {
        what: 'the edge first',
        in: (runbook) => ({
          ...runbook,
          look: async (run) => {
            await runbook.look?.(run)
            const { input } = run
            run.input = (name) => (name === 'at-once' ? 'no' : input.call(run, name))
          },
        }),
        noticed: /the origins run another: deploy-origin first/,
      },
    ],
  },
)
