import { action, any, member, owner } from '@spillway/origin/contract'
import { Type } from 'typebox'
import { personId } from '../fields.ts'
import { organizations } from '../resources/organizations.ts'

/** Members of an organization and their roles. Managers look after members, the owner after managers. */

const input = Type.Object({ userId: personId('The person.') })
const managers = any(owner('ownerId'), member('managerIds'))

export const addMember = action('add-member', {
  description: 'Makes a person a member.',
  on: organizations,
  access: managers,
  input,
  problems: { full: 'The organization has as many members as it can have.' },
})

export const removeMember = action('remove-member', {
  description: 'Ends a person’s membership.',
  on: organizations,
  access: managers,
  input,
  problems: { 'is-manager': 'A manager must be dismissed first.' },
})

export const appointManager = action('appoint-manager', {
  description: 'Makes a member a manager.',
  on: organizations,
  access: owner('ownerId'),
  input,
  problems: {
    'not-a-member': 'Only a member can become a manager.',
    full: 'The organization has as many managers as it can have.',
  },
})

export const dismissManager = action('dismiss-manager', {
  description: 'Makes a manager a plain member again.',
  on: organizations,
  access: owner('ownerId'),
  input,
})
