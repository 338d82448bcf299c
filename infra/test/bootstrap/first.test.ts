import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keysSecret } from '../../src/key-names.ts'
import { EmptyWorld, origin, resources } from './world.ts'

/** One world for all tests, which follow each other as the days of a team do. */
let world: EmptyWorld
beforeAll(async () => {
  world = await EmptyWorld.start()
})
afterAll(() => world?.close())

const names = resources.map(({ name }) => name)
const needOrigin = names.filter((name) => /^(ingress|secret|Worker)/.test(name))
const whole = `${names.length} of ${names.length} are as wanted; nothing is left.`

describe('two clouds with nothing in them', () => {
  it('are planned without a write', async () => {
    expect(await world.run('plan'), world.text).toBe('partial')
    expect(world.changes).toEqual([])
    expect(world.faults, world.text).toEqual([])
    for (const name of names) expect(world.text).toMatch(new RegExp(`^[+~…=] ${name}`, 'm'))
  })

  it('get all that needs no origin, and name what waits for it', async () => {
    expect(await world.run('yes'), world.text).toBe('partial')
    expect(world.faults, world.text).toEqual([])
    const waiting = world.shown.filter((line) => line.startsWith('…')).map((line) => line.slice(2))
    expect(waiting.map((line) => line.slice(0, line.indexOf(': waits')))).toEqual(needOrigin)
    expect(world.text).toContain('there is no origin: npm run runbook -- deploy-origin')
  })

  it('get the rest once there is one', async () => {
    world.aws.stacks.deploy('spillway-production-origin')
    expect(await world.run('yes'), world.text).toBe('whole')
    expect(world.faults, world.text).toEqual([])
    expect(world.text).toContain(`✓ changed: ${needOrigin.join(', ')}.`)
  })

  it('do not change when it is run again', async () => {
    const before = world.changes.length
    expect(await world.run('yes'), world.text).toBe('whole')
    expect(world.changes.slice(before)).toEqual([])
    expect(world.text).toContain(whole)
  })

  it('are the same to npm run bootstrap, which keeps a record', async () => {
    const program = ['infra/bootstrap/main.ts', '--stage', 'production', '--plan']
    const { stdout } = await promisify(execFile)(process.execPath, program, {
      cwd: world.root,
      env: world.env,
    })
    expect(stdout).toContain(whole)
    const [record = ''] = readdirSync(join(world.root, '.spillway', 'runbooks'))
    expect(record).toMatch(/-bootstrap-production\.log$/)
    world.aws.systems.parameters.set('/spillway/production/alert-email', 'another')
    await expect(
      promisify(execFile)(process.execPath, program, { cwd: world.root, env: world.env }),
    ).rejects.toMatchObject({ code: 3, stdout: expect.stringContaining('value: another → ops@acme.test') })
  })

  it('never show a secret', async () => {
    const [tunnel] = world.cloudflare.account.tunnels
    const { d } = JSON.parse(rings().assertion[0].value)
    world.aws.secrets.values.set('spillway/production/tunnel-token-1', 'former')
    world.aws.secrets.values.set('spillway/production/edge-analytics', 'jT5)random')
    await world.run('yes')
    expect(world.text).toContain('put-secret-value')
    expect(world.aws.secrets.values.get('spillway/production/tunnel-token-1')).toBe(tunnel?.token)
    for (const secret of [tunnel?.token ?? 'none', d, origin.password, 'former', 'token-of-the-edge-counts'])
      expect(world.text).not.toContain(secret)
  })
})

const rings = () => JSON.parse(world.aws.secrets.values.get(keysSecret('production', 'edge')) ?? '')
