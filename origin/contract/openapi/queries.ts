import { isPublic } from '../access.ts'
import type { View } from '../catalogue.ts'
import { documentedSchema } from '../documented-schema.ts'
import type { Query } from '../named-query.ts'
import { queryView } from '../query-view.ts'
import { camelCase, closed, sentenceCase } from './actions.ts'
import { partialContent } from './answers.ts'
import { headerRefs } from './headers.ts'
import { type Json, json, ref } from './json.ts'
import { describeAccess, requiredScopes } from './operation.ts'
import { describeFailures } from './problems.ts'
import { schemaName } from './schemas.ts'

/** The GET of a query's path. */
export function describeQuery(view: View, query: Query): Json {
  const { resource, version, representation } = view
  const { name, access, description, output } = query
  return {
    operationId: `${camelCase(name)}${schemaName(view)}`,
    tags: [resource.name],
    summary: `${sentenceCase(name)} (${resource.name}, ${version})`,
    description: `${description} ${describeAccess(access)}`,
    ...(representation.deprecation !== undefined && { deprecated: true }),
    ...(isPublic(access)
      ? { security: [{}, { bearer: [] }] }
      : { security: [{ bearer: requiredScopes(access) }] }),
    parameters: [...describeParameters(query), ref('parameters', 'ifNoneMatch')],
    responses: {
      200: {
        description: 'The answer.',
        headers: headerRefs('ETag', 'Cache-Control', 'X-Request-Id'),
        content: json(closed(output)),
      },
      206: partialContent,
      304: { description: 'Not modified.', headers: headerRefs('ETag', 'X-Request-Id') },
      ...describeFailures(queryView(view, query), 'query'),
    },
  }
}

function describeParameters({ parameters }: Query): Json[] {
  const required: readonly string[] = (parameters as { required?: readonly string[] }).required ?? []
  return Object.entries(parameters.properties).map(([name, schema]) => {
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
