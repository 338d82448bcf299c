import {
  type Action,
  accessRuleOf,
  allowsAll,
  isImplied,
  isPublic,
  type LoadOperation,
  type Resource,
  residualOf,
  scopesOf,
} from '@spillway/origin/contract'

/**
 * Whether a new user can call the operation with success: one with a token that has its scopes, no documents, and no
 * tenant.
 */
export function isAskable(resource: Resource, operation: LoadOperation, action?: Action): boolean {
  const rule = accessRuleOf({ resource, operation, ...(action !== undefined && { action }) })
  const residual = residualOf(rule, { subject: 'user', scopes: scopesOf(rule) })
  switch (operation) {
    case 'list':
      return residual.alternatives.length > 0
    // Only documents that everybody may read are known.
    case 'read':
      return isPublic(rule) || allowsAll(residual)
    case 'patch':
      return allowsAll(residual) && !resource.requireIfMatch
    // Bodies of endpoints are written by another system.
    case 'action':
      if (action === undefined || action.raw !== undefined || action.builtIn !== undefined) return false
      return action.target === 'collection'
        ? residual.alternatives.length > 0
        : isImplied(residual, residualOf(resource.access.read, undefined))
    case 'create':
      return residual.alternatives.some((conditions) =>
        conditions.every(({ field }) => field === resource.ownerField && !isUnique(resource, field)),
      )
  }
}

/** Whether there is one document for each value of the field. */
const isUnique = ({ indexes }: Resource, field: string): boolean =>
  indexes.some(({ fields, unique }) => unique === true && Object.keys(fields).join() === field)
