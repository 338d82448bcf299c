import { implement } from '@spillway/origin/server'
import { addMember, appointManager, dismissManager, removeMember } from '../actions/membership.ts'
import { managersMax, membersMax, organizations } from '../resources/organizations.ts'

export const add = implement(addMember, ({ document, input: { userId }, store, refuse }) => {
  if (document.memberIds.includes(userId)) return document
  if (document.memberIds.length >= membersMax) return refuse('full')
  return store.append(organizations, document.id, { memberIds: [userId] })
})

export const remove = implement(removeMember, ({ document, input: { userId }, store, refuse }) =>
  document.managerIds.includes(userId)
    ? refuse('is-manager')
    : store.remove(organizations, document.id, { memberIds: [userId] }),
)

export const appoint = implement(appointManager, ({ document, input: { userId }, store, refuse }) => {
  if (!document.memberIds.includes(userId)) return refuse('not-a-member')
  if (document.managerIds.includes(userId)) return document
  if (document.managerIds.length >= managersMax) return refuse('full')
  return store.append(organizations, document.id, { managerIds: [userId] })
})

export const dismiss = implement(dismissManager, ({ document, input: { userId }, store }) =>
  store.remove(organizations, document.id, { managerIds: [userId] }),
)
