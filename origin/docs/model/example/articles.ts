import { any, anyone, asStored, owner, resource, role, signedIn } from '@spillway/origin/contract'
import { Type } from 'typebox'

const stored = Type.Object({
  authorId: Type.String({ maxLength: 255 }),
  slug: Type.String({ pattern: '^[a-z0-9-]{1,64}$' }),
  title: Type.String({ minLength: 1, maxLength: 200 }),
  isLocked: Type.Boolean(),
})

export const articles = resource('articles', {
  description: 'Articles, each under a slug of its own.',
  schema: stored,
  access: {
    read: anyone,
    create: signedIn,
    update: owner('authorId'),
    delete: any(owner('authorId'), role('editor')),
  },
  softDelete: { keep: '30d', restore: role('editor') },
  cache: { maxAge: '1m' },
  query: { filter: ['slug'], countMax: 1_000 },
  indexes: [{ fields: { slug: 1 }, unique: true }, { fields: { authorId: 1, slug: 1 } }],
  set: { isLocked: ({ isLocked }) => isLocked ?? false },
  problems: { locked: 'A locked article stays deleted.' },
  check({ isLocked }, { operation, refuse }) {
    return isLocked && operation === 'restore' ? refuse('locked') : undefined
  },
  versions: [asStored('v1', stored, { readOnly: ['authorId'] })],
})
