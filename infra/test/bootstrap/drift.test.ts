import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keysSecret } from '../../src/key-names.ts'
import { changes, deletions, follow } from './deeds.ts'
import { EmptyWorld, resources } from './world.ts'

/** One world for all tests, in which everything is as wanted before each. */
let world: EmptyWorld
beforeAll(async () => {
  world = await EmptyWorld.start()
  await world.bootstrapped()
})
afterAll(() => world?.close())

const names = resources.map(({ name }) => name)

describe('a resource', () => {
  it('can be deleted or changed, each of them', () => {
    expect(names.filter((name) => !(name in deletions || name in changes))).toEqual([])
  })

  it.each(Object.entries(deletions))('that was deleted is remade alone: %s', async (name, remove) => {
    await remove(world)
    expect(await world.run('yes'), world.text).toBe('whole')
    expect(world.text).toContain(`✓ changed: ${[name, ...(follow[name] ?? [])].join(', ')}.`)
    expect(world.faults, world.text).toEqual([])
  })

  it.each(Object.entries(changes))(
    'that was changed is reported, and mended alone: %s',
    async (name, change) => {
      await change(world)
      const before = world.changes.length
      expect(await world.run('plan'), world.text).toBe('partial')
      expect(
        world.shown.filter((line) => line.startsWith('~')).map((line) => line.split(': differs')[0]),
      ).toEqual([`~ ${name}`])
      expect(world.changes.slice(before)).toEqual([])
      expect(await world.run('yes'), world.text).toBe('whole')
      expect(world.text).toContain(`✓ changed: ${name}.`)
      expect(world.faults, world.text).toEqual([])
    },
  )
})

describe('lost keys', () => {
  it('are not made anew where a Worker signs with them: origins would refuse it', async () => {
    const kept = world.aws.secrets.values.get(keysSecret('production', 'edge')) ?? ''
    world.aws.secrets.values.set(keysSecret('production', 'edge'), 'jT5)random')
    const before = world.changes.length
    expect(await world.run('yes'), world.text).toBe('partial')
    expect(world.text).toContain(
      '… keys of edge and origins: waits: the Worker has keys that AWS has lost: assertion, cache, consistency;',
    )
    expect(world.changes.slice(before)).toEqual([])
    world.aws.secrets.values.set(keysSecret('production', 'edge'), kept)
  })
})

describe('a name that leads to another region', () => {
  it('stays, and is reported: that region serves', async () => {
    const [record] = world.cloudflare.zone.records.filter(({ name }) => name === 'origin-1.acme.test')
    const ours = record?.content ?? ''
    const [tunnel] = world.cloudflare.account.tunnels
    if (record === undefined || tunnel === undefined) throw new Error('no tunnel')
    const id = '0'.repeat(8) + tunnel.id.slice(8)
    world.cloudflare.account.tunnels.push({ ...tunnel, id, name: 'spillway-production-us-west-2-1' })
    record.content = `${id}.cfargotunnel.com`
    expect(await world.run('yes'), world.text).toBe('partial')
    expect(world.text).toContain(
      'waits: origin-1.acme.test leads to spillway-production-us-west-2-1; if us-east-1 is to take over',
    )
    expect(record.content).not.toBe(ours)
    world.cloudflare.account.tunnels.pop()
    expect(await world.run('yes'), world.text).toBe('whole')
    expect(record.content).toBe(ours)
  })
})

describe('a failure', () => {
  it('stops the run, keeps what was done, and the next run goes on from there', async () => {
    const [first, second, third] = [
      'vault of the copies of backups',
      'parameter /spillway/STAGE/alert-email',
      'rate rule: floods end before the Worker',
    ] as const
    for (const name of [first, second, third]) await deletions[name]?.(world)
    const broken = resources.map((each) =>
      each.name === second ? { ...each, make: () => Promise.reject(new Error('the network is down')) } : each,
    )
    expect(await world.run('yes', broken)).toBe('failed')
    expect(world.text).toContain(`✗ ${second}: the network is down`)
    expect(world.text).toContain(`Changed before: ${first}.`)
    expect(await world.run('yes'), world.text).toBe('whole')
    expect(world.text).toContain(`✓ changed: ${second}, ${third}.`)
  })

  it('of a token that Cloudflare does not know is told in its words, in a plan for each resource', async () => {
    const { setup } = world
    const env = { ...world.env, CLOUDFLARE_API_TOKEN: 'another' }
    Object.defineProperty(world, 'env', { value: env, configurable: true })
    expect(await world.run('plan'), world.text).toBe('failed')
    expect(world.text).toContain('✗ tunnel 1: Authentication error (10000)')
    expect(world.text).toContain('= CDK bootstrap stack')
    Reflect.deleteProperty(world, 'env')
    expect(setup).toBe(world.setup)
  })
})
