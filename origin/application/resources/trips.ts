import { asStored, owner, resource } from '@spillway/origin/contract'
import { Type } from 'typebox'

const stored = Type.Object({
  ownerId: Type.String({
    maxLength: 255,
    description: 'Subject of the token that created the trip.',
    examples: ['alice'],
  }),
  title: Type.String({ minLength: 1, maxLength: 200, examples: ['A week in Lyon'] }),
  startsOn: Type.String({ format: 'date', examples: ['2027-05-01'] }),
  endsOn: Type.String({ format: 'date', examples: ['2027-05-08'] }),
  placeIds: Type.Array(Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', examples: ['2996944'] }), {
    maxItems: 50,
  }),
  budgetCents: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000_000, examples: [120_000] })),
  notes: Type.Optional(Type.String({ maxLength: 4_000, examples: ['Bring an umbrella.'] })),
})

/** Travel plans, private to their owner: others cannot learn that they exist. */
export const trips = resource('trips', {
  description: "A caller's own trips.",
  schema: stored,
  access: { read: owner('ownerId'), write: owner('ownerId') },
  erasure: { ownerId: 'delete' },
  cache: { maxAge: '10s', staleIfError: '1h' },
  query: { filter: ['startsOn'], sort: ['startsOn', 'title'], defaultSort: 'startsOn' },
  indexes: [{ fields: { ownerId: 1, startsOn: 1 } }, { fields: { ownerId: 1, title: 1 } }],
  priority: 'critical',
  requireIfMatch: true,
  versions: [asStored('v2', stored, { readOnly: ['ownerId'] })],
})
