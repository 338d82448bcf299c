import { type Action, type ActionResource, isResource } from '../action.ts'
import type { View } from '../catalogue.ts'
import { documentedSchema } from '../documented-schema.ts'
import { exampleOf } from './example.ts'
import { headerRefs } from './headers.ts'
import { type Json, json, ref } from './json.ts'
import { describeAccess, summaryOf } from './operation.ts'
import { describeFailures } from './problems.ts'
import { documentSchema, schemaName } from './schemas.ts'
import type { Security } from './security.ts'

/** The POST of an action's path. */
export function describeAction(view: View, action: Action, security: Security): Json {
  const { resource } = view
  const { name, access, target, description } = action
  return {
    operationId: `${camelCase(name)}${schemaName(view)}`,
    tags: [resource.name],
    summary: summaryOf(view, sentenceCase(name)),
    description: [description, describeAccess(access), describeReasons(action)].filter(Boolean).join(' '),
    security: security.of(access),
    parameters: [
      ...(target === 'document' ? [ref('parameters', 'ifMatch')] : []),
      ref('parameters', 'idempotencyKey'),
    ],
    ...describeInput(view, action),
    responses: { ...describeAnswer(view, action), ...describeFailures(view, 'action', action) },
  }
}

/** `mark-paid` → `markPaid` */
export const camelCase = (name: string): string =>
  name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

/** `mark-paid` → `MarkPaid` */
export const pascalCase = (name: string): string =>
  `${name.charAt(0).toUpperCase()}${camelCase(name).slice(1)}`

/** `mark-paid` → `Mark paid` */
export const sentenceCase = (name: string): string =>
  `${name.charAt(0).toUpperCase()}${name.slice(1).replaceAll('-', ' ')}`

function describeReasons({ problems }: Action): string {
  const reasons = Object.entries(problems)
  if (reasons.length === 0) return ''
  return `Reasons of a refusal: ${reasons.map(([reason, { detail }]) => `\`${reason}\`: ${detail}`).join(' ')}`
}

const inputName = (view: View, { name }: Action): string => `${schemaName(view)}${pascalCase(name)}Input`
const outputName = (view: View, { name }: Action): string => `${schemaName(view)}${pascalCase(name)}Output`

/** Schemas of an action by name: what it is given and what it answers, where these are its own. */
export function actionSchemas(view: View, action: Action): [string, Json][] {
  const { input, output, raw } = action
  return [
    ...(input === undefined || raw !== undefined ? [] : [named(inputName(view, action), input)]),
    ...(output === undefined || isResource(output) ? [] : [named(outputName(view, action), output)]),
  ]
}

const named = (name: string, schema: object): [string, Json] => [name, closed(schema)]

function describeInput(view: View, action: Action): Json {
  const { input, raw } = action
  if (raw !== undefined) {
    const content = Object.fromEntries((raw.types ?? ['*/*']).map((type) => [type, {}]))
    return { requestBody: { required: true, content } }
  }
  if (input === undefined) return {}
  const isRequired = (input.required ?? []).length > 0
  const content = json(ref('schemas', inputName(view, action)), undefined, exampleOf(closed(input)))
  return { requestBody: { required: isRequired, content } }
}

function describeAnswer(view: View, action: Action): Json {
  const { output, target } = action
  const headers = headerRefs('Idempotency-Replayed', 'X-Request-Id')
  if (isResource(output)) return describeDocument(view, output)
  if (output !== undefined) {
    const content = json(ref('schemas', outputName(view, action)), undefined, exampleOf(closed(output)))
    return { 200: { description: 'Done.', headers, content } }
  }
  const nothing = { 204: { description: 'Done.', headers } }
  if (target === 'collection') return nothing
  return {
    200: {
      description: 'The document as it is now.',
      headers: headerRefs('ETag', 'Idempotency-Replayed', 'X-Request-Id'),
      content: json(ref('schemas', schemaName(view)), undefined, exampleOf(documentSchema(view))),
    },
    ...nothing,
  }
}

function describeDocument({ version }: View, resource: ActionResource): Json {
  return {
    200: {
      description: `A document of \`${resource.name}\`.`,
      headers: headerRefs('Content-Location', 'ETag', 'Idempotency-Replayed', 'X-Request-Id'),
      content: json(ref('schemas', schemaName({ resource, version }))),
    },
    204: {
      description: 'Done, and the caller may not read the document.',
      headers: headerRefs('Idempotency-Replayed', 'X-Request-Id'),
    },
  }
}

/** The schema without unknown members. The cast is safe: every schema is a JSON object. */
export const closed = (schema: object): Json =>
  documentedSchema({ ...schema, additionalProperties: false } as Json)
