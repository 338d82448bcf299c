import { all, any, asStored, claim, owner, resource, tenant } from '@spillway/origin/contract'
import { Type } from 'typebox'
import { cents, documentId, personId } from '../fields.ts'

const stored = Type.Object({
  orgId: documentId('The organization whose money it was.'),
  authorId: personId('The person who entered it.'),
  note: Type.String({ minLength: 1, maxLength: 500 }),
  amountCents: cents('Amount.'),
})

/**
 * Each organization is a tenant: tokens name it in `org_id`, and the caller's part in it in `org_role`. So who has left it
 * reads its expenses until their token expires or is revoked; a guard keeps them from writing at once.
 */
const ofOwnOrganization = tenant('orgId', 'org_id')

export const expenses = resource('expenses', {
  description:
    'What an organization has spent. No other organization, and no operator of the marketplace, sees it.',
  schema: stored,
  access: {
    read: ofOwnOrganization,
    create: all(ofOwnOrganization, owner('authorId')),
    update: all(ofOwnOrganization, any(owner('authorId'), claim('org_role', 'manager'))),
    delete: all(ofOwnOrganization, claim('org_role', 'manager')),
  },
  cache: { maxAge: '10s' },
  query: { filter: ['amountCents'] },
  problems: {
    'not-a-member': { status: 403, detail: 'You do not belong to the organization any more.' },
  },
  indexes: [{ fields: { orgId: 1 } }, { fields: { amountCents: 1 } }],
  versions: [asStored('v1', stored, { readOnly: ['orgId', 'authorId'] })],
})
