import { asStored, geoPoint, resource, role, signedIn } from '@spillway/origin/contract'
import { Type } from 'typebox'

const stored = Type.Object({
  name: Type.String({ maxLength: 200 }),
  cuisine: Type.String(),
  location: Type.Optional(geoPoint()),
  grades: Type.Array(
    Type.Object({
      date: Type.String({ format: 'date-time' }),
      grade: Type.String(),
      score: Type.Optional(Type.Integer()),
    }),
  ),
  restaurantId: Type.String({ maxLength: 20 }),
})

export const restaurants = resource('restaurants', {
  description: 'Restaurants with their grades, which the inspection also writes.',
  schema: stored,
  access: { read: signedIn, write: role('editor') },
  stored: {
    collection: 'restaurants',
    id: 'objectId',
    fields: { restaurantId: 'restaurant_id', location: 'address.location' },
    types: { 'grades.date': 'date' },
  },
  query: { filter: ['cuisine', 'restaurantId'] },
  indexes: [{ fields: { cuisine: 1 } }, { fields: { restaurantId: 1 }, unique: true }],
  versions: [asStored('v1', stored)],
})
