import { type AccessRule, isPublic, ownerField, partsOf, scopesOf } from '../access.ts'
import type { View } from '../catalogue.ts'
import { mergePatchMediaType } from '../merge-patch.ts'
import type { Resource } from '../resource.ts'
import { restoreName } from '../restore.ts'
import { accessRuleOf, type Operation } from '../route.ts'
import { describeSuccess } from './answers.ts'
import { type Json, json, ref } from './json.ts'
import { describeParameters } from './parameters.ts'
import { describeFailures } from './problems.ts'
import { ruleText } from './rule-text.ts'
import { schemaName } from './schemas.ts'

/** One method of one path. */
export function describeOperation(view: View, operation: Operation): Json {
  const { resource, version, representation } = view
  const rule = accessRuleOf({ resource, operation })
  return {
    operationId: `${operation}${schemaName(view)}`,
    tags: [resource.name],
    summary: `${verbs[operation]} (${resource.name}, ${version})`,
    description: [describeAccess(rule), describeRestoring(resource, operation)].filter(Boolean).join(' '),
    ...(representation.deprecation !== undefined && { deprecated: true }),
    ...(isPublic(rule)
      ? { security: [{}, { bearer: [] }] }
      : { security: [{ bearer: requiredScopes(rule) }] }),
    parameters: describeParameters(view, operation),
    ...describeRequestBody(view, operation),
    responses: { ...describeSuccess(view, operation), ...describeFailures(view, operation) },
  }
}

/** Describes how a deletion can be undone. */
const describeRestoring = ({ actions, name }: Resource, operation: Operation): string => {
  const restore = operation === 'delete' ? actions.get(restoreName) : undefined
  return restore?.builtIn === undefined
    ? ''
    : `A deleted document can be restored: see \`${name}/{id}/${restoreName}\`.`
}

const verbs: Readonly<Record<Operation, string>> = {
  list: 'List',
  read: 'Read one',
  create: 'Create one',
  batchCreate: 'Create many',
  replace: 'Replace one',
  patch: 'Change one',
  delete: 'Delete one',
  action: 'Act on one',
  query: 'Ask about',
}

/** Scopes that a token must have; empty if the rule also allows other ways. */
export const requiredScopes = (rule: AccessRule): readonly string[] =>
  [...partsOf(rule)].some(({ kind }) => kind === 'any') ? [] : scopesOf(rule)

export function describeAccess(rule: AccessRule): string {
  const scopes = scopesOf(rule)
  const isPlain = [...partsOf(rule)].every(({ kind }) => plainKinds.has(kind))
  const parts = [
    isPublic(rule) ? 'No access token required.' : 'Access token required.',
    ...(isPlain && scopes.length > 0
      ? [`Needs the scope ${scopes.map((name) => `\`${name}\``).join(' and ')}.`]
      : []),
    ...(isPlain ? [] : [`Allowed: ${ruleText(rule)}.`]),
    ...(ownerField(rule) !== undefined ? ["Only the caller's own documents; others' are 404."] : []),
  ]
  return parts.join(' ')
}

/** Rules for which the owner and the required scopes say everything. */
const plainKinds: ReadonlySet<AccessRule['kind']> = new Set(['anyone', 'signedIn', 'scope', 'owner', 'all'])

function describeRequestBody(view: View, operation: Operation): Json {
  const name = schemaName(view)
  if (operation === 'patch') {
    const patch = ref('schemas', `${name}Patch`)
    return {
      requestBody: { required: true, content: { ...json(patch, mergePatchMediaType), ...json(patch) } },
    }
  }
  if (operation === 'batchCreate') {
    const items = {
      type: 'array',
      minItems: 1,
      maxItems: view.resource.batchSizeMax,
      items: ref('schemas', `${name}Input`),
    }
    const schema = { type: 'object', required: ['items'], properties: { items }, additionalProperties: false }
    return { requestBody: { required: true, content: json(schema) } }
  }
  if (operation === 'create' || operation === 'replace') {
    return { requestBody: { required: true, content: json(ref('schemas', `${name}Input`)) } }
  }
  return {}
}
