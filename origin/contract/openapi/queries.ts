import type { View } from '../catalogue.ts'
import { documentedSchema } from '../documented-schema.ts'
import type { Query } from '../named-query.ts'
import { queryView } from '../query-view.ts'
import { camelCase, closed, pascalCase, sentenceCase } from './actions.ts'
import { partAndUnchanged } from './answers.ts'
import { exampleOf } from './example.ts'
import { headerRefs } from './headers.ts'
import { type Json, json, ref } from './json.ts'
import { describeAccess, summaryOf } from './operation.ts'
import { describeFailures } from './problems.ts'
import { schemaName } from './schemas.ts'
import type { Security } from './security.ts'

/** The GET of a query's path. */
export function describeQuery(view: View, query: Query, security: Security): Json {
  const { resource, representation } = view
  const { name, access, description, output } = query
  const answer = ref('schemas', answerName(view, query))
  return {
    operationId: `${camelCase(name)}${schemaName(view)}`,
    tags: [resource.name],
    summary: summaryOf(view, sentenceCase(name)),
    description: `${description} ${describeAccess(access)}`,
    ...(representation.deprecation !== undefined && { deprecated: true }),
    security: security.of(access),
    parameters: [...describeParameters(query), ref('parameters', 'ifNoneMatch')],
    responses: {
      200: {
        description: 'The answer.',
        headers: headerRefs('ETag', 'Cache-Control', 'X-Request-Id'),
        content: json(answer, undefined, exampleOf(closed(output))),
      },
      ...partAndUnchanged(answer),
      ...describeFailures(queryView(view, query), 'query'),
    },
  }
}

const answerName = (view: View, { name }: Query): string => `${schemaName(view)}${pascalCase(name)}Answer`

/** Schema of a query's answer by name. */
export const querySchemas = (view: View, query: Query): [string, Json][] => [
  [answerName(view, query), closed(query.output)],
]

function describeParameters({ parameters }: Query): Json[] {
  // The cast is safe: `required` of a schema lists names.
  const required: readonly string[] = (parameters as { required?: readonly string[] }).required ?? []
  return Object.entries(parameters.properties).map(([name, schema]) => {
    // The casts are safe: a schema is a JSON object, and its description is a text.
    const { description, ...rest } = documentedSchema(schema as Json) as { description?: string }
    return {
      name,
      in: 'query',
      ...(description !== undefined && { description }),
      required: required.includes(name) && !('default' in rest),
      schema: rest,
    }
  })
}
