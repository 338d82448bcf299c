import { spawn, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { runbooks } from '../../runbooks/index.ts'
import { causes } from '../../why/causes.ts'
import { StackTemplate } from '../fake-aws/template.ts'
import { World } from './world.ts'

const infra = join(import.meta.dirname, '..', '..')

describe('the runbooks', () => {
  it('are all in the list, each in a file of its name', () => {
    const files = readdirSync(join(infra, 'runbooks')).filter(
      (name) => name.endsWith('.ts') && name !== 'index.ts',
    )
    const text = files.map((name) => readFileSync(join(infra, 'runbooks', name), 'utf8')).join()
    expect([...text.matchAll(/^ {2}name: '([\w-]+)'/gm)].map(([, name]) => name).toSorted()).toEqual(
      runbooks.map(({ name }) => name).toSorted(),
    )
  })

  it('are all proven, each with a bug that is noticed', () => {
    const tests = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.test.ts'))
    const text = tests.map((name) => readFileSync(join(import.meta.dirname, name), 'utf8')).join()
    const variable = (name: string) => name.replaceAll(/-(\w)/g, (_match, letter) => letter.toUpperCase())
    for (const { name } of runbooks)
      expect(text).toMatch(new RegExp(`proves\\(\\s*(\\{ \\.\\.\\.)?${variable(name)}\\b`))
  })

  it('are those that npm run why names', () => {
    const names = runbooks.map(({ name }) => name)
    for (const { remedy } of causes) if ('runbook' in remedy) expect(names).toContain(remedy.runbook)
  })
})

describe('npm run runbook', () => {
  let world: World
  beforeEach(async () => {
    world = await World.start()
  })
  afterEach(() => world.close())

  const options = (env: Record<string, string> = {}) => ({
    cwd: inject('checkout'),
    encoding: 'utf8' as const,
    env: { ...process.env, ...world.aws.server.environment, ...world.cloudflare.environment, ...env },
  })
  const runbook = (...words: string[]) => ['infra/runbooks/main.ts', ...words]
  const start = (words: readonly string[], env?: Record<string, string>) => {
    const child = spawn(process.execPath, words, options(env))
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (output += text))
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
    return { child, ended, output: () => output }
  }

  it('lists the runbooks with their occasions, and names every mistake of a call', () => {
    const all = spawnSync(process.execPath, runbook(), options())
    for (const { name, when } of runbooks) expect(all.stdout).toContain(`${name}\n    ${when}`)
    expect(all.status).toBe(0)
    const wrong = spawnSync(
      process.execPath,
      runbook('scale-out', '--stage', 'prod', '--plan', '--yes', '--size', 'many'),
      options(),
    )
    expect(wrong.status).toBe(2)
    for (const words of ['--stage must be one of', 'only one of them', '--size many is not'])
      expect(wrong.stderr).toContain(words)
  })

  it('does it with --yes, shows each command, and keeps a record without the secret', async () => {
    const token = 'eyJhIjoiYWNjb3VudCIsInQiOiJ0dW5uZWwifQ=='
    const words = runbook('replace-tunnel-token', '--stage', 'production', '--tunnel', '1', '--yes')
    const { ended, output } = start(words, { TUNNEL_TOKEN: token })
    expect(await ended, output()).toBe(0)
    expect(output()).toContain('$ aws secretsmanager put-secret-value --cli-input-json')
    const record = readFileSync(/record: (.+)/.exec(output())?.[1] ?? '', 'utf8')
    expect(record).toContain('$ aws ssm send-command')
    expect(output() + record).not.toContain(token)
    expect(world.aws.secrets.values.get('spillway/production/tunnel-token-1')).toBe(token)
  })

  it('stops after the step at Ctrl-C, and tells what is done and how to take it back', async () => {
    // A group that never becomes whole: the runbook waits.
    world.aws.autoscaling.settle = () => {}
    const { child, ended, output } = start(
      runbook('scale-out', '--stage', 'production', '--size', '5', '--yes'),
    )
    while (!output().includes('are in service')) await new Promise((resolve) => setTimeout(resolve, 50))
    child.kill('SIGINT')
    expect(await ended).toBe(1)
    expect(output()).toContain('stopped by Ctrl-C')
    expect(output()).toMatch(
      /to take it back:\n.*\n.*\$ aws autoscaling update-auto-scaling-group.*"MinSize":3/,
    )
  })

  it('asks for a terminal, or for --plan or --yes', async () => {
    const { ended, output } = start(runbook('scale-out', '--stage', 'production', '--size', '5'))
    expect(await ended).toBe(1)
    expect(output()).toContain('use --plan or --yes')
    expect(world.changes).toEqual([])
  })
})

it('the operator’s policy is no longer than IAM allows (6,144 characters without white space)', () => {
  const [[, policy] = []] = StackTemplate.read(inject('templates'), 'spillway-production-data').ofType(
    'AWS::IAM::ManagedPolicy',
  )
  const text = JSON.stringify(policy?.PolicyDocument)
  expect(text.length).toBeGreaterThan(1_000)
  expect(text.length).toBeLessThan(6_144)
})
