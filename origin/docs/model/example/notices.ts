import { any, asStored, owner, resource, role, where } from '@spillway/origin/contract'
import { Type } from 'typebox'

const stored = Type.Object({
  authorId: Type.String({ maxLength: 255 }),
  title: Type.String({ minLength: 1, maxLength: 200 }),
  isPublished: Type.Boolean(),
  remark: Type.Optional(Type.String({ maxLength: 500 })),
})

const author = owner('authorId')

export const notices = resource('notices', {
  description: 'Notices, which everybody reads once they are published.',
  schema: stored,
  access: {
    read: any(where({ isPublished: true }), author),
    write: author,
    fields: { remark: { read: any(author, role('editor')) } },
  },
  indexes: [{ fields: { authorId: 1 } }, { fields: { isPublished: 1 } }],
  events: { keep: '7d' },
  versions: [asStored('v1', stored, { readOnly: ['authorId'] })],
})
