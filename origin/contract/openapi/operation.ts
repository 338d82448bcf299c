import { type AccessRule, isPublic, ownerField, partsOf, scopesOf } from '../access.ts'
import type { View } from '../catalogue.ts'
import { versionNumber } from '../definition.ts'
import { mergePatchMediaType } from '../merge-patch.ts'
import type { Resource } from '../resource.ts'
import { restoreName } from '../restore.ts'
import { accessRuleOf, type Operation } from '../route.ts'
import { describeSuccess } from './answers.ts'
import { batchExample, batchName } from './collections.ts'
import { exampleOf } from './example.ts'
import { type Json, json, ref } from './json.ts'
import { describeParameters } from './parameters.ts'
import { describeFailures } from './problems.ts'
import { ruleText } from './rule-text.ts'
import { documentInput, schemaName } from './schemas.ts'
import type { Security } from './security.ts'

/** One method of one path. */
export function describeOperation(view: View, operation: Operation, security: Security): Json {
  const { resource, representation } = view
  const rule = accessRuleOf({ resource, operation })
  return {
    operationId: `${operation}${schemaName(view)}`,
    tags: [resource.name],
    summary: summaryOf(view, verbs[operation]),
    description: [describeAccess(rule), describeRestoring(resource, operation)].filter(Boolean).join(' '),
    ...(representation.deprecation !== undefined && { deprecated: true }),
    security: security.of(rule),
    parameters: describeParameters(view, operation),
    ...describeRequestBody(view, operation),
    responses: { ...describeSuccess(view, operation), ...describeFailures(view, operation) },
  }
}

/** Tools list an operation below its resource, so its title names only a version that is not the newest. */
export const summaryOf = ({ resource, version }: View, title: string): string => {
  const isNewest = [...resource.versions.keys()].every(
    (other) => versionNumber(other) <= versionNumber(version),
  )
  return isNewest ? title : `${title} (${version})`
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
  changes: 'Follow the changes',
  read: 'Read one',
  history: 'Read the history of one',
  create: 'Create one',
  batchCreate: 'Create many',
  replace: 'Replace one',
  patch: 'Change one',
  delete: 'Delete one',
  action: 'Act on one',
  query: 'Ask about',
}

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
  const body = (content: Json): Json => ({ requestBody: { required: true, content } })
  switch (operation) {
    case 'patch': {
      const patch = ref('schemas', `${name}Patch`)
      const example = patchExample(view)
      return body({ ...json(patch, mergePatchMediaType, example), ...json(patch, undefined, example) })
    }
    case 'batchCreate':
      return body(json(ref('schemas', batchName(view)), undefined, batchExample(view)))
    case 'create':
    case 'replace':
      return body(json(ref('schemas', `${name}Input`), undefined, exampleOf(documentInput(view))))
    default:
      return {}
  }
}

/** A change of one field. */
function patchExample(view: View): Json | undefined {
  const [member] = Object.entries(exampleOf(documentInput(view)) ?? {})
  return member && Object.fromEntries([member])
}
