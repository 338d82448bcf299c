import { anyone, asStored, resource, scope } from '@spillway/origin/contract'
import { Type } from 'typebox'

const stored = Type.Object({
  title: Type.String({ minLength: 1, maxLength: 200 }),
  nightsSold: Type.Integer({ minimum: 0 }),
  guestIds: Type.Array(Type.String({ maxLength: 255 }), { maxItems: 1_000 }),
})

export const listings = resource('listings', {
  description: 'Places to stay.',
  schema: stored,
  access: { read: anyone, write: scope('listings:write') },
  cache: { maxAge: '30s' },
  versions: [asStored('v1', stored)],
})
