import { guard } from '@spillway/origin/server'
import { expenses } from '../resources/expenses.ts'
import { organizations } from '../resources/organizations.ts'

/** A token says for an hour which organization its bearer belongs to; the organization itself says it now. */
export const expenseByMember = guard(expenses, async ({ fields, before, principal, refuse, store }) => {
  const orgId = fields?.orgId ?? before?.orgId ?? ''
  const organization = await store.get(organizations, orgId, { unchanged: true })
  const people = organization === undefined ? [] : [organization.ownerId, ...organization.memberIds]
  if (people.includes(principal?.subject ?? '')) return undefined
  return refuse('not-a-member')
})
