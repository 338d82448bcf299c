import {
  accessRuleOf,
  allowsAll,
  isPublic,
  type LoadOperation,
  type Resource,
  residualOf,
  scopesOf,
} from '@spillway/origin/contract'

/**
 * Whether any user can ask for the operation and succeed: one who has a token with its scopes, owns nothing yet, and belongs
 * to no tenant.
 */
export function isAskable(resource: Resource, operation: LoadOperation): boolean {
  const rule = accessRuleOf({ resource, operation })
  const residual = residualOf(rule, { subject: 'user', scopes: scopesOf(rule) })
  switch (operation) {
    case 'list':
      return residual.alternatives.length > 0
    // Known are the documents that everybody sees.
    case 'read':
      return isPublic(rule) || allowsAll(residual)
    case 'patch':
      return allowsAll(residual) && !resource.requireIfMatch
    case 'create':
      return residual.alternatives.some((conditions) =>
        conditions.every(({ field }) => field === resource.ownerField && !isUnique(resource, field)),
      )
  }
}

/** Whether there is one document for each value of the field. */
const isUnique = ({ indexes }: Resource, field: string): boolean =>
  indexes.some(({ fields, unique }) => unique === true && Object.keys(fields).join() === field)
