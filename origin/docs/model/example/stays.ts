import { anyone, asStored, geoPoint, resource, scope } from '@spillway/origin/contract'
import { Type } from 'typebox'

const stored = Type.Object({
  title: Type.String({ minLength: 1, maxLength: 100 }),
  location: geoPoint(),
  about: Type.String({ maxLength: 2_000 }),
  kind: Type.Enum(['house', 'flat', 'boat']),
  price: Type.Integer({ minimum: 0, description: 'Per night, in cents.' }),
  amenities: Type.Array(Type.String({ maxLength: 40 }), { maxItems: 20 }),
  address: Type.Object(
    { city: Type.String({ maxLength: 100 }), country: Type.String({ pattern: '^[A-Z]{2}$' }) },
    { additionalProperties: false },
  ),
  freeFrom: Type.Optional(
    Type.String({ format: 'date', description: 'Missing where it is not let at all.' }),
  ),
})

export const stays = resource('stays', {
  description: 'Houses, flats and boats to stay in.',
  schema: stored,
  access: { read: anyone, write: scope('stays:write') },
  cache: { maxAge: '30s', listsBy: ['kind', 'address.country'] },
  query: {
    filter: ['title', 'kind', 'price', 'amenities', 'address.city', 'address.country', 'freeFrom'],
    sort: ['title', 'price', 'address.city'],
    defaultSort: 'price',
  },
  indexes: [
    { fields: { title: 1 } },
    { fields: { kind: 1, price: 1 } },
    { fields: { price: 1 } },
    { fields: { amenities: 1 } },
    { fields: { 'address.city': 1 } },
    { fields: { 'address.country': 1 } },
    { fields: { freeFrom: 1 } },
    { fields: { title: 'text', about: 'text' } },
    { fields: { location: '2dsphere' } },
  ],
  versions: [asStored('v1', stored)],
})
