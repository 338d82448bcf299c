import {
  all,
  any,
  asStored,
  member,
  never,
  owner,
  resource,
  role,
  tenant,
  where,
} from '@spillway/origin/contract'
import { Type } from 'typebox'

const stored = Type.Object({
  orgId: Type.String({ maxLength: 64, description: 'Organization that the document belongs to.' }),
  authorId: Type.String({ maxLength: 255, description: 'Subject of the token that made it.' }),
  reviewerIds: Type.Array(Type.String({ maxLength: 255 }), { maxItems: 20 }),
  status: Type.Enum(['draft', 'published']),
  title: Type.String({ minLength: 1, maxLength: 200 }),
})

export const documents = resource('documents', {
  description: 'Documents of an organization: drafts among few, then published.',
  schema: stored,
  access: {
    read: any(
      where({ status: 'published' }),
      all(tenant('orgId', 'org_id'), any(owner('authorId'), member('reviewerIds'), role('editor'))),
    ),
    create: all(tenant('orgId', 'org_id'), owner('authorId')),
    update: all(tenant('orgId', 'org_id'), any(owner('authorId'), role('editor'))),
    delete: never,
  },
  cache: { maxAge: '30s' },
  query: { filter: ['status'] },
  indexes: [{ fields: { status: 1 } }, { fields: { orgId: 1, status: 1 } }],
  versions: [asStored('v1', stored, { readOnly: ['orgId', 'authorId'] })],
})
