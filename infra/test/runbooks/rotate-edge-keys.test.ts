import { expect } from 'vitest'
import { rotateEdgeKeys } from '../../runbooks/rotate-edge-keys.ts'
import { proves, withStep } from './prove.ts'

for (const ring of ['assertion', 'cache'] as const) {
  proves(
    { ...rotateEdgeKeys, name: `rotate-edge-keys, ${ring}` },
    {
      ...(ring === 'assertion' && { isVariant: true }),
      inputs: { ring },
      repeats: 'each run makes a new key',
      arrange: (world) => world.createKeys(),
      idle: ring === 'assertion' ? [2, 6] : [],
      expect: (world) => {
        const { secrets } = world.cloudflare.versions.find(({ id }) => world.cloudflare.live[id] === 100) ?? {
          secrets: {} as Record<string, string>,
        }
        const rings = JSON.parse(world.aws.secrets.values.get('spillway/production/edge-keys') ?? '')
        expect(rings[ring]).toHaveLength(1)
        expect(secrets[`${ring.toUpperCase()}_KEY`]).toBe(rings[ring][0].value)
        const other = ring === 'assertion' ? 'cache' : 'assertion'
        expect(secrets[`${other.toUpperCase()}_KEY`]).toBe(rings[other][0].value)
        const { keys } = JSON.parse(
          world.aws.systems.parameters.get('/spillway/production/edge-assertion-jwks') ?? '',
        )
        expect(keys.map(({ kid }: { kid: string }) => kid)).toEqual([
          JSON.parse(rings.assertion[0].value).kid,
        ])
        for (const { value } of Object.values(rings).flat() as { value: string }[]) {
          expect(world.shown.join('\n')).not.toContain(value)
        }
      },
      bugs: [
        {
          what: 'the new key is used before all accept it',
          in: withStep(2, () => ({ check: { say: 'no wait', missing: async () => undefined } })),
          noticed: /may not be trusted everywhere yet: wait \d+ s/,
        },
        {
          what: 'the version that uses it is not deployed',
          in: withStep(4, () => ({ commands: () => [] })),
          noticed: /✗ the newest version is \S+ \(keys\), and has 0 %/,
        },
      ],
    },
  )
}
