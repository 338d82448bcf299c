import { expect } from 'vitest'
import { rotateOriginKeys } from '../../runbooks/rotate-origin-keys.ts'
import { proves, withoutStep, withStep } from './prove.ts'
import type { World } from './world.ts'

const origins = (world: World) => world.aws.autoscaling.group('spillway-origin-production')
const liveKeys = (world: World) =>
  world.cloudflare.versions.find(({ id }) => world.cloudflare.live[id] === 100)?.secrets.PURGE_KEY

/** Receivers with a secret of the old key, as origins count them. */
let receiversLeft = 0
const withReceivers = async (world: World) => {
  await world.createKeys()
  receiversLeft = 0
  world.aws.systems.prints = (commands) =>
    commands.includes('bash /opt/spillway/current/instance/script.sh webhooks keys')
      ? `in use: 3\nold: ${receiversLeft}\ngone: 0\n`
      : 'active (running)'
}
const noneShown = (world: World): void => {
  const text = world.shown.join('\n')
  for (const key of [...world.keys('purge'), ...world.keys('webhook')]) expect(text).not.toContain(key)
}

proves(
  { ...rotateOriginKeys, name: 'rotate-origin-keys, purge' },
  {
    isVariant: true,
    inputs: { ring: 'purge' },
    arrange: (world) => world.createKeys(),
    idle: [5],
    expect: (world) => {
      expect(world.keys('purge')).toHaveLength(1)
      expect(liveKeys(world)).toBe(world.keys('purge')[0])
      expect(origins(world).refreshes).toHaveLength(1)
      noneShown(world)
    },
    bugs: [
      {
        what: 'origins may use the key before the edge accepts it',
        in: withoutStep(2),
        noticed: /may not be trusted everywhere yet: wait \d+ s/,
      },
      {
        what: 'the Worker with both keys is not deployed',
        in: withStep(2, () => ({ commands: () => [] })),
        noticed: /✗ the newest version is \S+ \(keys\), and has 0 %/,
      },
      {
        what: 'the Worker without the old key is not deployed',
        in: withStep(7, () => ({ commands: () => [] })),
        noticed: /✗ the newest version is \S+ \(keys\), and has 0 %/,
      },
    ],
  },
)

proves(
  { ...rotateOriginKeys, name: 'rotate-origin-keys, webhook' },
  {
    inputs: { ring: 'webhook' },
    arrange: withReceivers,
    repeats: 'each run makes a new key',
    expect: (world) => {
      expect(world.keys('webhook')).toHaveLength(1)
      const { refreshes } = origins(world)
      expect(new Set(refreshes.map(({ Status }) => Status))).toEqual(new Set(['Successful']))
      // A run that was cut off after the old key was forgotten makes a new one; no other is replaced twice.
      expect([3, 5]).toContain(refreshes.length)
      expect(world.cloudflare.changes).toEqual([])
      noneShown(world)
    },
    bugs: [
      {
        what: 'a program that prints no count',
        in: withStep(5, ({ commands }) => ({
          commands: async (run) => {
            const [command] = await commands(run)
            if (command?.kind === 'aws') Object.assign(command.input, { Parameters: { commands: ['true'] } })
            return command === undefined ? [] : [command]
          },
        })),
        noticed: /does not say how many/,
      },
      {
        what: 'the old key is forgotten while receivers have secrets of it',
        in: (runbook) => ({
          ...runbook,
          look: async () => {
            receiversLeft = 2
          },
        }),
        noticed: /2 have: when they have rotated their secrets, run this again/,
      },
    ],
  },
)
