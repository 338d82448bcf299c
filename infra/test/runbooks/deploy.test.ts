import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { deployPermissions } from '../../bootstrap/resources/deploy-role.ts'
import { type Command, program } from '../../runbook/command.ts'
import { deployOrigin } from '../../runbooks/deploy-origin.ts'
import { replaceCertificate } from '../../runbooks/replace-certificate.ts'
import { scaleOut } from '../../runbooks/scale-out.ts'
import { account, region } from '../fake-aws/template.ts'
import { proves, withCommands, withoutStep } from './prove.ts'
import { World } from './world.ts'

const former = `0123456789ab-${'c'.repeat(64)}`
const authorities = join(tmpdir(), `spillway-authorities-${process.pid}.pem`)
beforeAll(() => writeFileSync(authorities, 'certificates of the database'))
afterAll(() => {
  rmSync(authorities)
  for (const file of readdirSync(tmpdir())) {
    if (/^[0-9a-f]{12}-[0-9a-f]{64}\.tar\.gz$/.test(file)) rmSync(join(tmpdir(), file))
  }
})

const arrange = (world: World): void => {
  world.haveOriginKeys()
  // The templates are synthesized once for all tests.
  world.env({ CDK_APP: inject('templates'), DATABASE_CA: authorities })
  world.aws.stacks.set('spillway-production-origin', { Release: former })
}
const deployed = (world: World) =>
  world.aws.stacks.deployments.map(({ stack }) => stack.replace('spillway-production-', ''))
const releases = (world: World) =>
  world.aws.stacks.deployments.flatMap(({ parameters }) => parameters.Release ?? [])

const changedWords = (change: (word: string) => readonly string[]) => (command: Command) =>
  command.kind === 'program'
    ? program(command.argv.flatMap(change) as unknown as [string, ...string[]], { folder: 'infra' })
    : command

proves(deployOrigin, {
  inputs: {},
  arrange,
  repeats: 'the CDK decides what changes',
  expect: (world) => {
    expect(new Set(deployed(world))).toEqual(new Set(['network', 'data', 'origin']))
    const [release = ''] = releases(world)
    expect(release).toMatch(/^[0-9a-f]{12}-[0-9a-f]{64}$/)
    const archive = `/spillway-production-releases-111122223333-us-east-1/origin/${release}.tar.gz`
    expect(world.aws.objects.get(archive)?.length).toBeGreaterThan(1_000_000)
  },
  expectUndone: (world) => expect(releases(world).at(-1)).toBe(former),
  bugs: [
    {
      // Findings of the first look: the release then goes to stacks that have no such parameter.
      what: 'without --exclusively',
      in: withCommands(
        4,
        changedWords((word) => (word === '--exclusively' ? [] : [word])),
      ),
      noticed: /Parameters: \[Release\] do not exist in the template/,
    },
    {
      what: 'without a word on approvals, for which there is no terminal',
      in: withCommands(
        4,
        changedWords((word) => (['--require-approval', 'never'].includes(word) ? [] : [word])),
      ),
      noticed: /cdk ended with 1/,
    },
    {
      what: 'the archive is not uploaded to the bucket of this region',
      in: (runbook) => ({
        ...runbook,
        look: async (run) => {
          await runbook.look?.(run)
          run.set('bucket', 'spillway-production-releases-111122223333')
        },
      }),
      noticed: /bucket/i,
    },
    { what: 'the release is not packed', in: withoutStep(2), noticed: /✗/ },
    {
      what: 'the key that signs purges was never made',
      in: (runbook) => ({
        ...runbook,
        look: async (run) => {
          await runbook.look?.(run)
          const SecretId = 'spillway/production/purge-keys'
          await run.aws.secrets.send(new PutSecretValueCommand({ SecretId, SecretString: 'jT5)random' }))
        },
      }),
      noticed: /there is no purge key yet: npm run keys -- create purge/,
    },
  ],
})

describe('deploy-origin of a bad release', () => {
  let world: World
  beforeEach(async () => {
    world = await World.start()
    arrange(world)
  })
  afterEach(() => world.close())

  it.each(['ReleaseErrors', 'ReleaseSlow', 'OriginErrors'])('is rolled back by %s', async (alarm) => {
    world.aws.stacks.badReleases.set(await world.commit(), alarm)
    expect(await world.run(deployOrigin, {})).toBe(false)
    const text = world.shown.join('\n')
    expect(text).toContain('cdk ended with 1')
    // The first deployment of the release was the only one, and the stack has the former release.
    expect(deployed(world).filter((stack) => stack === 'origin')).toHaveLength(1)
    expect(world.aws.stacks.releaseOf('spillway-production-origin')).toBe(former)
  })

  it('is not stopped by an alarm that the group does not watch', async () => {
    world.aws.stacks.badReleases.set(await world.commit(), 'DatabaseBusy')
    expect(await world.run(deployOrigin, {})).toBe(true)
  })
})

describe('deploy-origin with the canary', () => {
  const stack = 'spillway-production-origin'
  let world: World
  beforeEach(async () => {
    world = await World.start()
    arrange(world)
  })
  afterEach(() => world.close())
  const text = () => world.shown.join('\n')

  it('cancels the update when it fails twice while a third of the origins are new', async () => {
    world.aws.stacks.pausing.add(stack)
    // The new origins answer some requests, and the old ones the others.
    let asked = 0
    world.edge.isBroken = () => world.aws.stacks.isPaused(stack) && ++asked % 3 === 0
    expect(await world.run(deployOrigin, {})).toBe(false)
    expect(text()).toContain('the canary fails with new origins in service: change: 500 internal')
    expect(text()).toContain('$ aws cloudformation cancel-update-stack')
    expect(text()).toContain('stopped, and rolled back by the cloud')
    expect(world.aws.stacks.releaseOf(stack)).toBe(former)
    expect(world.faults, text()).toEqual([])
  })

  it('deploys the former release when it fails with all new origins', async () => {
    world.edge.isBroken = () => world.aws.stacks.releaseOf(stack) !== former
    expect(await world.run(deployOrigin, {})).toBe(false)
    expect(text()).toContain('the canary with all new origins fails: change: 500 internal')
    expect(text()).toContain('Taken back by itself')
    expect(world.aws.stacks.releaseOf(stack)).toBe(former)
    expect(world.faults, text()).toEqual([])
  })

  it('lets a release pass that it is not asked about', async () => {
    world.aws.stacks.pausing.add(stack)
    world.edge.isBroken = () => true
    expect(await world.run(deployOrigin, { canary: 'no' }), text()).toBe(true)
    expect(world.edge.answeredBy).toEqual([])
  })
})

const certificate = 'arn:aws:acm:us-east-1:111122223333:certificate/0b1c2d3e'

proves(replaceCertificate, {
  inputs: { arn: certificate },
  arrange: (world) => {
    arrange(world)
    world.aws.systems.parameters.set(
      '/spillway/production/origin-certificate-arn',
      'arn:aws:acm:us-east-1:111122223333:certificate/old',
    )
  },
  repeats: 'the CDK decides what changes',
  expect: (world) => {
    expect(world.aws.systems.parameters.get('/spillway/production/origin-certificate-arn')).toBe(certificate)
    expect(releases(world)).toContain(former)
    expect(new Set(deployed(world))).toEqual(new Set(['origin']))
  },
  bugs: [
    {
      what: 'the stack without its release',
      in: withCommands(
        2,
        changedWords((word) => (word.startsWith('Release=') ? ['Releases=1'] : [word])),
      ),
      noticed: /Parameters: \[Releases\] do not exist/,
    },
  ],
})

it('may be done by the role that bootstrap makes for GitHub, which may do nothing else', async () => {
  const world = await World.start()
  const key = 'ASIADEPLOY0000000000'
  try {
    arrange(world)
    const permissions = deployPermissions({ account, stage: 'production', region })
    world.aws.server.policies.set(key, JSON.parse(permissions).Statement)
    expect(await world.run(deployOrigin, { commit: 'HEAD' }, { as: key }), world.shown.join('\n')).toBe(true)
    expect(deployed(world)).toEqual(['network', 'data', 'origin'])
    expect(await world.run(scaleOut, { size: '9' }, { as: key })).toBe(false)
    expect(world.shown.join('\n')).toContain('not authorized to perform: autoscaling:UpdateAutoScalingGroup')
  } finally {
    await world.close()
  }
})
