import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { instanceFolder } from '../src/instance-files.ts'
import { Commands } from './support/commands.ts'
import { InstanceMetadata } from './support/instance-metadata.ts'

let folder: string
let commands: Commands
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spillway-instance-'))
  commands = new Commands(folder)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const environment = (extra: Record<string, string>): NodeJS.ProcessEnv => ({
  ...process.env,
  PATH: `${commands.folder}:${process.env.PATH}`,
  ...extra,
})

describe('configure', () => {
  const secret = JSON.stringify({ username: 'spillway_origin', password: 'p@ss/w:rd %' })
  /** Answers of Secrets Manager by the name of the secret. */
  const held = (changed: Record<string, string> = {}) => ({
    'arn:secret': secret,
    'arn:purge': JSON.stringify({ purge: [{ value: 'new-purge' }, { value: 'old-purge' }] }),
    'arn:webhook': JSON.stringify({ webhook: [{ value: 'new-hook' }, { value: 'old-hook' }] }),
    ...changed,
  })
  const run = (keys: string, program = 'configure.ts', changed: Record<string, string> = {}) => {
    const secrets = Object.entries(held(changed)).map(([name, value]) => `*${name}*) echo '${value}' ;;`)
    commands.add('aws', `case "$*" in ${secrets.join(' ')} ssm*) echo '${keys}' ;; esac`)
    return spawnSync(process.execPath, [join(instanceFolder, program)], {
      encoding: 'utf8',
      env: environment({
        RUNTIME_FOLDER: folder,
        DATABASE_SECRET: 'arn:secret',
        DATABASE_HOST: 'db.example:27018',
        DATABASE_SCHEME: 'mongodb',
        DATABASE_OPTIONS: 'replicaSet=rs0&tls=true&tlsCAFile=%2Fca.pem&retryWrites=false',
        EDGE_KEYS_PARAMETER: '/spillway/test/edge-assertion-jwks',
        PURGE_KEYS_SECRET: 'arn:purge',
        WEBHOOK_KEYS_SECRET: 'arn:webhook',
      }),
    })
  }

  it('writes a connection string that survives any password, readable by root alone', () => {
    expect(run('{"keys":[{"kid":"a"}]}').status).toBe(0)
    const text = readFileSync(join(folder, 'origin.env'), 'utf8')
    const uri = new URL(/^MONGODB_URI=(.*)$/m.exec(text)?.[1] ?? '')
    expect(decodeURIComponent(uri.password)).toBe('p@ss/w:rd %')
    expect(uri.host).toBe('db.example:27018')
    expect(Object.fromEntries(uri.searchParams)).toEqual({
      replicaSet: 'rs0',
      tls: 'true',
      tlsCAFile: '/ca.pem',
      retryWrites: 'false',
    })
    expect(text).toContain(`EDGE_ASSERTION_JWKS=file://${join(folder, 'edge-keys.json')}`)
    expect(statSync(join(folder, 'origin.env')).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, 'edge-keys.json')).mode & 0o777).toBe(0o644)
  })

  it('signs purges with the key in use alone, and knows both keys of receivers, the one in use first', () => {
    expect(run('{"keys":[{"kid":"a"}]}').status).toBe(0)
    const lines = readFileSync(join(folder, 'origin.env'), 'utf8').split('\n')
    expect(lines).toContain('PURGE_KEY=new-purge')
    expect(lines).toContain('WEBHOOK_KEY=new-hook,old-hook')
    expect(commands.calls.join()).not.toMatch(/new-|old-/)
  })

  it.each([
    ['arn:purge', 'there is no purge key: npm run keys -- create purge'],
    ['arn:webhook', 'there is no webhook key: npm run keys -- create webhook'],
    ['arn:secret', 'has no username and password'],
  ])('starts no origin while %s has a random text, and does not print it', (name, message) => {
    const { status, stdout, stderr } = run('{"keys":[{"kid":"a"}]}', 'configure.ts', { [name]: 'jT5)random' })
    expect(status).not.toBe(0)
    expect(stderr).toContain(message)
    expect(stdout + stderr).not.toContain('jT5)')
  })

  it('writes new public keys of the edge between two starts, and leaves equal ones alone', () => {
    const file = join(folder, 'edge-keys.json')
    run('{"keys":[{"kid":"a"}]}')
    const before = statSync(file).ino
    expect(run('{"keys":[{"kid":"a"}]}', 'edge-keys.ts').status).toBe(0)
    expect(statSync(file).ino).toBe(before)
    expect(run('{"keys":[{"kid":"a"},{"kid":"b"}]}', 'edge-keys.ts').status).toBe(0)
    expect(JSON.parse(readFileSync(file, 'utf8')).keys).toHaveLength(2)
    // The last good ones stay.
    expect(run('{"keys":[]}', 'edge-keys.ts').status).not.toBe(0)
    expect(JSON.parse(readFileSync(file, 'utf8')).keys).toHaveLength(2)
  })

  it('makes a key and a certificate of the instance’s own at each start, for the origin’s user alone', () => {
    const made = [0, 1].map(() => {
      expect(run('{"keys":[{"kid":"a"}]}').status).toBe(0)
      const [certificate, key] = ['tls-certificate.pem', 'tls-key.pem'].map((name) =>
        readFileSync(join(folder, name), 'utf8'),
      ) as [string, string]
      expect(new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))).toBe(true)
      expect(certificate).not.toContain('PRIVATE KEY')
      return key
    })
    expect(made[0]).not.toBe(made[1])
    const { mode, uid } = statSync(join(folder, 'tls-key.pem'))
    expect(mode & 0o777).toBe(0o600)
    expect(uid).toBe(statSync(folder).uid)
    const settings = readFileSync(join(folder, 'origin.env'), 'utf8')
    expect(settings).toContain(`TLS_CERTIFICATE_FILE=${join(folder, 'tls-certificate.pem')}\n`)
    expect(settings).toContain(`TLS_KEY_FILE=${join(folder, 'tls-key.pem')}\n`)
  })

  it('does not write through a link placed by the origin’s user', () => {
    const victim = join(folder, 'victim')
    writeFileSync(victim, 'untouched')
    symlinkSync(victim, join(folder, 'origin.env.new'))
    expect(run('{"keys":[{"kid":"a"}]}').status).toBe(0)
    expect(readFileSync(victim, 'utf8')).toBe('untouched')
    expect(readFileSync(join(folder, 'origin.env'), 'utf8')).toContain('MONGODB_URI=')
  })

  it('does not start an origin that would trust no edge, and prints no secret', () => {
    const { status, stdout, stderr } = run('{"keys":[]}')
    expect(status).not.toBe(0)
    expect(stdout + stderr).not.toContain('p@ss')
  })
})

describe('lifecycle', () => {
  let metadata: InstanceMetadata
  let script: ChildProcess | undefined
  beforeEach(async () => {
    metadata = await InstanceMetadata.start()
    commands.add('aws')
    commands.add('systemctl')
  })
  afterEach(async () => {
    script?.kill('SIGKILL')
    await metadata.close()
  })

  const start = (extra: Record<string, string> = {}) => {
    script = spawn(join(instanceFolder, 'lifecycle.sh'), {
      stdio: 'ignore',
      env: environment({
        METADATA_URL: `${metadata.url}/latest`,
        READY_URL: `${metadata.url}/readyz`,
        LIVE_URL: `${metadata.url}/livez`,
        SILENCES_MAX: '3',
        ANSWERS_MAX: '5',
        POLL_SECONDS: '0.05',
        SERVICE: 'spillway-origin.service',
        LEAVE_SECONDS: '0',
        GROUP_NAME: 'group',
        LAUNCH_HOOK: 'ready',
        TERMINATE_HOOK: 'drained',
        ...extra,
      }),
    })
    return new Promise<number | null>((resolve) => script?.on('exit', resolve))
  }
  const completed = (hook: string) =>
    `aws autoscaling complete-lifecycle-action --auto-scaling-group-name group --instance-id i-0123 ` +
    `--lifecycle-hook-name ${hook} --lifecycle-action-result CONTINUE`
  const eventually = (check: () => void) => vi.waitFor(check, { timeout: 60_000, interval: 20 })

  it('reports readiness once, when the origin is ready', async () => {
    metadata.ready = false
    const exit = start()
    await eventually(() => expect(metadata.readyChecks).toBeGreaterThan(1))
    expect(commands.calls).toEqual([])
    metadata.ready = true
    await eventually(() => expect(commands.calls).toContain(completed('ready')))
    metadata.targetState = 'Terminated'
    await exit
    expect(commands.calls.filter((call) => call === completed('ready'))).toHaveLength(1)
  })

  it('answers the hook of the warm pool and again the hook of service', async () => {
    metadata.targetState = 'Warmed:Stopped'
    const exit = start()
    await eventually(() => expect(commands.calls).toEqual([completed('ready')]))
    metadata.targetState = 'InService'
    await eventually(() => expect(commands.calls).toEqual([completed('ready'), completed('ready')]))
    metadata.targetState = 'Terminated'
    await exit
  })

  it('tells CloudFormation of an instance in service, not of one in the warm pool', async () => {
    const signal =
      'aws cloudformation signal-resource --stack-name stack --logical-resource-id Group --unique-id i-0123 --status SUCCESS'
    // Refused at any time but the group's creation.
    commands.add('aws', '[[ $1 != cloudformation ]]')
    metadata.targetState = 'Warmed:Stopped'
    const exit = start({ STACK_NAME: 'stack', GROUP_RESOURCE: 'Group' })
    await eventually(() => expect(commands.calls).toEqual([completed('ready')]))
    metadata.targetState = 'InService'
    await eventually(() => expect(commands.calls).toEqual([completed('ready'), completed('ready'), signal]))
    metadata.targetState = 'Terminated'
    expect(await exit).toBe(0)
  })

  it('reports a dead origin, but not an unready one', async () => {
    const unhealthy = 'aws autoscaling set-instance-health --instance-id i-0123 --health-status Unhealthy'
    const exit = start()
    await eventually(() => expect(commands.calls).toEqual([completed('ready')]))
    metadata.ready = false
    const checks = metadata.liveChecks
    await eventually(() => expect(metadata.liveChecks).toBeGreaterThan(checks + 5))
    expect(commands.calls).not.toContain(unhealthy)
    metadata.live = false
    await eventually(() => expect(commands.calls).toContain(unhealthy))
    metadata.targetState = 'Terminated'
    await exit
    expect(commands.calls.filter((call) => call === unhealthy)).toHaveLength(1)
  })

  it('stops the origin before it completes the terminate hook', async () => {
    metadata.targetState = 'Terminated'
    expect(await start()).toBe(0)
    expect(commands.calls).toEqual(['systemctl stop spillway-origin.service', completed('drained')])
  })

  it.each([
    ['InService', 'ready'],
    ['Terminated', 'drained'],
  ])('answers the hook of %s again until it is heard', async (state, hook) => {
    // The hook is not open yet when the first completions arrive.
    commands.add('aws', `[ "$(grep -c 'hook-name ${hook}' "${join(folder, 'calls.log')}")" -ge 3 ]`)
    metadata.targetState = state
    const exit = start()
    await eventually(() => expect(commands.calls.filter((call) => call === completed(hook))).toHaveLength(3))
    metadata.readyChecks = 0
    const checks = metadata.liveChecks
    if (state === 'InService') {
      await eventually(() => expect(metadata.liveChecks).toBeGreaterThan(checks + 3))
      expect(metadata.readyChecks).toBe(0)
      metadata.targetState = 'Terminated'
    }
    await exit
    expect(commands.calls.filter((call) => call === completed(hook))).toHaveLength(3)
  })

  it('continues when the group has already closed the hook', async () => {
    commands.add('aws', 'exit 255')
    metadata.targetState = 'Terminated'
    expect(await start()).toBe(0)
  })
})
