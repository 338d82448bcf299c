import { spawnSync } from 'node:child_process'
import { createHash, generateKeyPairSync } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ports } from '@spillway/origin/contract'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { publicKeyOf, signerOf } from '../release/signature.ts'
import { connectorFiles } from '../src/construct/tunnel.ts'
import { instanceFolder, readInstanceFile, userData } from '../src/instance-files.ts'
import { originMetrics, stageDimension } from '../src/origin-metrics.ts'
import { tunnelDimension, tunnelMetrics, tunnelNamespace } from '../src/tunnel-metrics.ts'
import { Commands } from './support/commands.ts'

/** A new machine: a folder as its root, with stand-ins for the commands of Amazon Linux. */
let root: string
let commands: Commands
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'spillway-boot-'))
  commands = new Commands(root)
  for (const folder of ['etc/systemd/system', 'etc/logrotate.d', 'etc/sysctl.d', 'usr/local/bin']) {
    mkdirSync(join(root, folder), { recursive: true })
  }
  commands.add('systemctl')
  commands.add('useradd')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const boot = (script: string, settings: Readonly<Record<string, string>>, files?: readonly string[]) =>
  spawnSync('bash', ['--norc', '-c', userData(script, settings, files)], {
    encoding: 'utf8',
    env: { PATH: `${commands.folder}:${process.env.PATH}`, INSTANCE_ROOT: root },
  })
const stranger = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const written = (path: string): string => readFileSync(join(root, path), 'utf8')

describe('the first boot of an origin', () => {
  const settings = {
    RELEASE: '',
    RELEASES_BUCKET: 'releases',
    STAGE: 'staging',
    PORT: String(ports.origin),
  }
  const agent = 'opt/aws/amazon-cloudwatch-agent'
  let archive: string
  beforeEach(() => {
    const bin = join(root, agent, 'bin')
    const ctl = `echo "agent $*" >> "${join(root, 'calls.log')}"`
    commands.add(
      'dnf',
      `mkdir -p "${bin}" "${join(root, agent, 'etc')}" && printf '#!/bin/sh\n%s\n' '${ctl}' > "${bin}/amazon-cloudwatch-agent-ctl" && chmod +x "${bin}/amazon-cloudwatch-agent-ctl"`,
    )
    archive = join(root, 'archive.tar.gz')
    expect(spawnSync('tar', ['-czf', archive, '-C', join(instanceFolder, '..'), 'instance']).status).toBe(0)
    settings.RELEASE = `abc123-${createHash('sha256').update(readFileSync(archive)).digest('hex')}`
    commands.add('aws', fetchesArchive())
  })
  const fetchesArchive = () => `for last; do :; done; cp "${archive}" "$last"`
  const bootOrigin = (more: Readonly<Record<string, string>> = {}) =>
    boot('user-data.sh', { ...settings, ...more }, ['fetch-release.sh'])

  it('fetches its release, tells the agent what to forward, and starts its units last', () => {
    const { status, stderr } = bootOrigin()
    expect(status, stderr).toBe(0)
    const { RELEASE: release } = settings
    const fetched = join(root, 'opt/spillway', `${release}.tar.gz`)
    expect(commands.calls).toContain(
      `aws s3 cp --only-show-errors s3://releases/origin/${release}.tar.gz ${fetched}`,
    )
    expect(existsSync(fetched)).toBe(false)
    expect(realpathSync(join(root, 'opt/spillway/current'))).toBe(
      realpathSync(join(root, 'opt/spillway', release)),
    )
    const units = ['origin.service', 'lifecycle.service', 'edge-keys.service', 'edge-keys.timer']
    for (const unit of units.map((name) => `spillway-${name}`)) {
      expect(written(`etc/systemd/system/${unit}`)).toBe(readInstanceFile(unit))
    }
    // Daily by default: a size limit would be looked at once a day.
    expect(written('etc/systemd/system/logrotate.timer.d/spillway.conf')).toContain('OnCalendar=hourly')
    expect(commands.calls.slice(-3)).toEqual([
      'systemctl daemon-reload',
      'systemctl restart logrotate.timer',
      'systemctl enable --now spillway-origin.service spillway-lifecycle.service spillway-edge-keys.timer',
    ])
  })

  it('leaves no placeholder in the agent’s configuration', () => {
    bootOrigin()
    const config = written(`${agent}/etc/cloudwatch-agent.json`)
    const scrape = written(`${agent}/etc/prometheus.yaml`)
    expect(config + scrape).not.toMatch(/@[A-Z_]+@/)
    expect(JSON.parse(config).logs.metrics_collected.prometheus.log_group_name).toBe(
      '/spillway/staging/metrics',
    )
    expect(scrape).toContain(`127.0.0.1:${ports.origin}`)
    expect(config).toContain(originMetrics.poolWait)
  })

  it('changes the indexes of a release that it has, or fetches, with the origin’s credentials', () => {
    expect(bootOrigin().status).toBe(0)
    mkdirSync(join(root, 'run/spillway'), { recursive: true })
    writeFileSync(join(root, 'run/spillway/origin.env'), 'MONGODB_URI=mongodb://database\n')
    const script = join(instanceFolder, 'migrate.sh')
    // Stands in for the user switch, and shows what would run as that user.
    commands.add('runuser', `echo "runs $* with $MONGODB_URI" >> "${join(root, 'calls.log')}"`)
    const migrate = (release: string) =>
      spawnSync('bash', [script, release, '--plan'], {
        encoding: 'utf8',
        env: { PATH: `${commands.folder}:${process.env.PATH}`, INSTANCE_ROOT: root },
      })
    const asOrigin =
      /^runs -u spillway -- \/.*runtime\/node scripts\/migrate\.ts --plan with mongodb:\/\/database$/
    mkdirSync(join(root, 'opt/spillway', settings.RELEASE, 'origin'), { recursive: true })
    expect(migrate(settings.RELEASE).status).toBe(0)
    expect(commands.calls.at(-1)).toMatch(asOrigin)

    mkdirSync(join(root, 'next/origin'), { recursive: true })
    const next = join(root, 'next.tar.gz')
    spawnSync('tar', ['-czf', next, '-C', join(root, 'next'), 'origin'])
    const digest = createHash('sha256').update(readFileSync(next)).digest('hex')
    commands.add('aws', `for last; do :; done; cp "${next}" "$last"`)
    const { length } = commands.calls
    expect(migrate(`def456-${digest}`).status).toBe(0)
    expect(commands.calls.at(-1)).toMatch(asOrigin)
    expect(commands.calls.at(-1)).not.toContain('opt/spillway')
    expect(commands.calls[length]).toContain(`s3://releases/origin/def456-${digest}.tar.gz`)

    expect(migrate(`def456-${'0'.repeat(64)}`).status).not.toBe(0)
    expect(commands.calls.at(-1)).not.toMatch(asOrigin)
  })

  it('runs a script of the release that it has, with the origin’s credentials', () => {
    expect(bootOrigin().status).toBe(0)
    mkdirSync(join(root, 'opt/spillway/current/origin'), { recursive: true })
    mkdirSync(join(root, 'run/spillway'), { recursive: true })
    writeFileSync(join(root, 'run/spillway/origin.env'), 'WEBHOOK_KEY=new,old\n')
    commands.add('runuser', `echo "runs $* with $WEBHOOK_KEY" >> "${join(root, 'calls.log')}"`)
    const { status, stderr } = spawnSync('bash', [join(instanceFolder, 'script.sh'), 'webhooks', 'keys'], {
      encoding: 'utf8',
      env: { PATH: `${commands.folder}:${process.env.PATH}`, INSTANCE_ROOT: root },
    })
    expect(status, stderr).toBe(0)
    expect(commands.calls.at(-1)).toMatch(
      /^runs -u spillway -- \/.*runtime\/node scripts\/webhooks\.ts keys with new,old$/,
    )
  })

  it('starts nothing from an archive whose digest does not match the release', () => {
    commands.add('aws', `${fetchesArchive()}; echo more >> "$last"`)
    const { status, stdout } = bootOrigin()
    expect(status).not.toBe(0)
    expect(stdout).toContain('FAILED')
    expect(commands.calls.filter((call) => call.startsWith('systemctl'))).toEqual([])
    expect(existsSync(join(root, 'opt/spillway', settings.RELEASE))).toBe(false)
    expect(existsSync(join(root, 'opt/spillway/current/origin'))).toBe(false)
  })

  describe('of a stage with keys', () => {
    const keys = Array.from({ length: 2 }, () =>
      generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    )
    const trusted = { RELEASE_KEYS: `"${keys.map(publicKeyOf).join(' ')}"` }
    /** The bucket has the archive, and a signature of this release by this key. */
    const storedWith = (pem: string, release: string) => {
      const file = join(root, 'signature')
      writeFileSync(file, signerOf({ RELEASE_SIGNING_KEY: pem })?.(release) ?? '')
      commands.add(
        'aws',
        `for last; do :; done; case "$*" in *.sig*) cp "${file}" "$last";; *) cp "${archive}" "$last";; esac`,
      )
    }
    const isStarted = () => commands.calls.some((call) => call.startsWith('systemctl enable'))

    it.each([0, 1])('starts a release that key %i has signed', (index) => {
      storedWith(keys[index] as string, settings.RELEASE)
      const { status, stderr } = bootOrigin(trusted)
      expect(status, stderr).toBe(0)
      expect(isStarted()).toBe(true)
    })

    it.each([
      ['another key has signed', (release: string) => storedWith(stranger, release)],
      ['was signed under another name', () => storedWith(keys[0] as string, `def456-${'0'.repeat(64)}`)],
      [
        'nobody has signed',
        () => commands.add('aws', `case "$*" in *.sig*) exit 1;; esac; ${fetchesArchive()}`),
      ],
    ])('starts nothing of a release that %s', (_, arrange) => {
      arrange(settings.RELEASE)
      const { status } = bootOrigin(trusted)
      expect(status).not.toBe(0)
      expect(isStarted()).toBe(false)
      expect(existsSync(join(root, 'opt/spillway', settings.RELEASE))).toBe(false)
    })
  })

  it('starts nothing without a release, and can be run again', () => {
    commands.add('aws', 'exit 1')
    expect(bootOrigin().status).not.toBe(0)
    expect(commands.calls.filter((call) => call.startsWith('systemctl'))).toEqual([])
    commands.add('aws', fetchesArchive())
    expect(bootOrigin().status).toBe(0)
    expect(bootOrigin().status).toBe(0)
  })
})

describe('the first boot of a connector', () => {
  const instance = 'opt/spillway/current/instance'
  const agent = 'opt/aws/amazon-cloudwatch-agent'
  const packaged = 'the package'
  const settings = {
    TUNNEL_SECRET: 'arn:tunnel-token',
    STAGE: 'staging',
    TUNNEL: '2',
    METRICS_ADDRESS: '127.0.0.1:20241',
    CLOUDFLARED: `2026.8.2-${createHash('sha256').update(packaged).digest('hex')}`,
  }
  const boots = (changed: Readonly<Record<string, string>> = {}) =>
    boot('tunnel/user-data.sh', { ...settings, ...changed }, connectorFiles)
  beforeEach(() => {
    for (const command of ['dnf', 'chown', 'sysctl']) commands.add(command)
    commands.add('curl', `while [[ $1 != -o ]]; do shift; done; printf %s '${packaged}' > "$2"`)
    commands.add('aws', 'echo the-token')
    for (const folder of [`${agent}/bin`, `${agent}/etc`]) mkdirSync(join(root, folder), { recursive: true })
    writeFileSync(join(root, agent, 'bin/amazon-cloudwatch-agent-ctl'), '#!/bin/sh\n', { mode: 0o755 })
  })

  it('puts the token where only cloudflared reads it, at each start and not before', () => {
    const { status, stderr } = boots()
    expect(status, stderr).toBe(0)
    expect(commands.calls.some((call) => call.startsWith('aws'))).toBe(false)
    expect(commands.calls.at(-1)).toBe(
      'systemctl enable --now spillway-tunnel.service spillway-lifecycle.service',
    )

    const unit = written('etc/systemd/system/spillway-tunnel.service')
    expect(unit).toContain(`ExecStartPre=+/${instance}/tunnel/token.sh\n`)
    expect(unit).toContain('--token-file /run/spillway-tunnel/token\n')
    expect(unit).not.toContain('the-token')
    expect(written('etc/systemd/system/spillway-lifecycle.service')).toContain(
      `ExecStart=/${instance}/lifecycle.sh\n`,
    )
    expect(statSync(join(root, instance, 'lifecycle.sh')).mode & 0o777).toBe(0o755)

    const token = spawnSync('bash', ['--norc', join(root, instance, 'tunnel/token.sh')], {
      env: {
        PATH: `${commands.folder}:${process.env.PATH}`,
        RUNTIME_DIRECTORY: join(root, 'etc'),
        ...settings,
      },
    })
    expect(token.status).toBe(0)
    expect(written('etc/token')).toBe('the-token\n')
    expect(statSync(join(root, 'etc/token')).mode & 0o777).toBe(0o600)
  })

  it('installs the version that the stage names', () => {
    expect(boots().status).toBe(0)
    expect(commands.calls.find((call) => call.startsWith('curl'))).toContain(
      '/cloudflared/releases/download/2026.8.2/cloudflared-linux-aarch64.rpm',
    )
  })

  it('runs nothing from a package with another digest', () => {
    expect(boots({ CLOUDFLARED: `2026.8.2-${'0'.repeat(64)}` }).status).not.toBe(0)
    expect(commands.calls.filter((call) => /^(dnf|systemctl)/.test(call))).toEqual([])
  })

  it('reports the metrics that the alarms read', () => {
    expect(boots().status).toBe(0)
    const config = JSON.parse(written(`${agent}/etc/cloudwatch-agent.json`))
    const { prometheus } = config.logs.metrics_collected
    expect(prometheus.log_group_name).toBe('/spillway/staging/tunnel-2')
    expect(prometheus.emf_processor.metric_namespace).toBe(tunnelNamespace)
    const [{ dimensions, metric_selectors: selectors }] = prometheus.emf_processor.metric_declaration
    expect(dimensions).toEqual([[stageDimension, tunnelDimension]])
    expect(selectors.toSorted()).toEqual(
      Object.values(tunnelMetrics)
        .map((name) => `^${name}$`)
        .toSorted(),
    )
    const scrape = written(`${agent}/etc/prometheus.yaml`)
    expect(scrape).toContain('targets: ["127.0.0.1:20241"]')
    expect(scrape).toContain('Tunnel: "2"')
  })
})
