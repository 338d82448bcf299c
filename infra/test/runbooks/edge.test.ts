import { controlSnapshotKey, formatControl } from '@spillway/origin/contract'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { wrangler } from '../../runbook/command.ts'
import { deleteControl, putControl } from '../../runbook/control.ts'
import { giveTraffic } from '../../runbook/worker.ts'
import { emergencyShed } from '../../runbooks/emergency-shed.ts'
import { revoke } from '../../runbooks/revoke.ts'
import { rollBackEdge } from '../../runbooks/roll-back-edge.ts'
import { live } from './live.ts'
import { proves, withStep } from './prove.ts'
import { World } from './world.ts'

proves(emergencyShed, {
  inputs: { level: 'normal' },
  repeats: 'each run prolongs its time',
  expect: (world) => {
    expect(world.control.get('shed')).toMatchObject({ value: 'normal', ttl: 3_600 })
    expect(world.published).toMatchObject([{ name: 'shed', value: 'normal', expiration: expect.any(Number) }])
  },
  expectUndone: (world) => {
    expect(world.control.has('shed')).toBe(false)
    expect(world.published).toEqual([])
  },
  bugs: [
    {
      what: 'a word that the edge does not know',
      in: withStep(1, () => ({ commands: (run) => putControl(run, 'shed', 'nromal') })),
      noticed: /what edges read is as it was set: it is nromal/,
    },
    {
      what: 'a time in minutes, not seconds',
      in: withStep(1, () => ({ commands: (run) => putControl(run, 'shed', 'normal', ['--ttl', '59']) })),
      noticed: /wrangler ended with 1/,
    },
  ],
})

proves(
  { ...emergencyShed, name: 'emergency-shed, off' },
  {
    isVariant: true,
    inputs: { level: 'none' },
    arrange: (world) => {
      world.control.set('shed', { value: 'background', ttl: 60 })
      const value = formatControl([{ name: 'shed', value: 'background' }])
      world.control.set(controlSnapshotKey, { value, ttl: undefined })
    },
    expect: (world) => {
      expect(world.control.has('shed')).toBe(false)
      expect(world.published).toEqual([])
    },
    expectUndone: (world) => expect(world.published).toMatchObject([{ name: 'shed', value: 'background' }]),
    bugs: [
      {
        what: 'the key of another name',
        in: withStep(1, () => ({ commands: (run) => deleteControl(run, 'sheds') })),
        noticed: /what edges read is as it was set: it is background/,
      },
    ],
  },
)

proves(revoke, {
  inputs: { id: 'auth0|alice', 'new-tokens': 'allowed' },
  repeats: 'each run prolongs it',
  expect: (world) => {
    const entry = world.control.get('revoked:sub:auth0|alice')
    expect(entry).toMatchObject({ value: '1', ttl: 86_400, metadata: { issuedBefore: expect.any(Number) } })
    expect(world.published).toMatchObject([
      { name: 'revoked:sub:auth0|alice', metadata: entry?.metadata, expiration: expect.any(Number) },
    ])
  },
  expectUndone: (world) => expect(world.published).toEqual([]),
  bugs: [
    {
      what: 'the key without its kind',
      in: withStep(1, () => ({ commands: (run) => putControl(run, `revoked:${run.input('id')}`, '1') })),
      noticed: /edges read the revocation: it is not there/,
    },
    {
      what: 'a change that is not published',
      in: withStep(1, ({ commands }) => ({ commands: async (run) => (await commands(run)).slice(0, 1) })),
      noticed: /edges read the revocation: it is not there/,
    },
  ],
})

const releaseBad = (world: World): void => {
  const bad = world.cloudflare.upload('bad edge')
  world.cloudflare.deploy([{ version_id: bad.id, percentage: 100 }])
}

proves(rollBackEdge, {
  inputs: {},
  arrange: releaseBad,
  inputsIn: (world) => ({ version: world.cloudflare.versions[0]?.id ?? '' }),
  expect: (world) => expect(live(world)).toEqual({ '0123456789ab edge': 100 }),
  expectUndone: (world) => expect(live(world)).toEqual({ 'bad edge': 100 }),
  bugs: [
    {
      what: 'shares that are not everything',
      in: withStep(1, () => ({ commands: (run) => [giveTraffic(run, [[run.fact('target'), 90]], '')] })),
      noticed: /wrangler ended with 1/,
    },
    {
      // `wrangler rollback` does this outside a terminal; the runbook must not.
      what: 'the keys of before a rotation are taken back with the version',
      in: (runbook) => ({
        ...runbook,
        steps: [
          {
            say: 'Rotate',
            commands: (run) => [wrangler(['versions', 'secret', 'delete', 'CACHE_KEY'], run.stage)],
            check: { say: '', missing: async () => undefined },
            undo: () => '',
          },
          ...runbook.steps,
        ],
      }),
      noticed: /The following secrets have changed: /,
    },
  ],
})

describe('roll-back-edge with the canary', () => {
  let world: World
  beforeEach(async () => {
    world = await World.start()
    releaseBad(world)
  })
  afterEach(() => world.close())
  const text = () => world.shown.join('\n')

  it('fails, and goes nowhere, when the former version is as bad', async () => {
    world.edge.isBroken = () => true
    expect(await world.run(rollBackEdge, {})).toBe(false)
    expect(text()).toContain('the canary after the roll-back fails: change: 500 internal')
    expect(live(world)).toEqual({ '0123456789ab edge': 100 })
  })

  it('goes back without its token, and says that it was not asked', async () => {
    expect(await world.run(rollBackEdge, { 'canary-token': '' })).toBe(true)
    expect(text()).toContain('The canary was not asked')
    const [former] = world.cloudflare.versions
    expect(await world.run(rollBackEdge, { version: former?.id ?? '' }), text()).toBe(true)
    expect(text()).toContain('The canary after the roll-back has passed')
  })
})
