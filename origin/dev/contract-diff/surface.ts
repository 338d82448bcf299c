import {
  type AccessRule,
  type Application,
  accessRuleOf,
  openApiDocument,
  routesOf,
  type View,
  viewsOf,
} from '@spillway/origin/contract'
import { describeSchemas } from '../../contract/openapi/schemas.ts'

export type Json = Readonly<Record<string, unknown>>

/** Everything of an application that its clients and its stored documents depend on, as data without prose. */
export interface Surface {
  /** By method and path: `GET /v2/places/{id}`. */
  readonly operations: Readonly<Record<string, OperationSurface>>
  readonly resources: Readonly<Record<string, ResourceSurface>>
  /** Schemas to which the operations refer. */
  readonly schemas: Readonly<Record<string, Json>>
}

export interface OperationSurface {
  readonly access: AccessRule
  /** RFC 3339 date from which the operation is 410 Gone. */
  readonly sunsetAt?: string
  /** By place and name: `query sort`. */
  readonly parameters: Readonly<Record<string, ParameterSurface>>
  /** By media type. */
  readonly body?: { readonly required: boolean; readonly content: Readonly<Record<string, Json>> }
  /** Schemas of successful answers, by status and media type: `200 application/json`. */
  readonly answers: Readonly<Record<string, Json>>
}

export interface ParameterSurface {
  readonly required: boolean
  readonly schema: Json
}

export interface ResourceSurface {
  /** The stored document. */
  readonly stored: Json
  readonly defaultSort: string
  readonly exports?: AccessRule
  /** Fields that migrations change, by the number of the shape. */
  readonly migrations?: Readonly<Record<string, readonly string[]>>
  /** Rules of single fields, by stored name and use: `email read`. */
  readonly fields: Readonly<Record<string, AccessRule>>
}

/** The surface of an application: its OpenAPI document without prose and problems, and what that cannot express. */
export function surfaceOf(application: Application): Surface {
  // The cast is safe: the document has this form, which its own tests hold.
  const document = withoutProse(openApiDocument(application)) as unknown as Document
  const views = viewsOf(application.resources)
  const operations = views.flatMap((view) =>
    routesOf(view).map((route): [string, OperationSurface] => {
      const path = route.path.replace(':id', '{id}')
      const sunsetAt = view.representation.deprecation?.sunsetAt
      const access = route.query?.access ?? accessRuleOf({ ...view, ...route })
      return [
        `${route.method} ${path}`,
        {
          access,
          ...(sunsetAt !== undefined && { sunsetAt }),
          ...operationOf(document, path, route.method.toLowerCase()),
        },
      ]
    }),
  )
  const { Problem: _same, ...schemas } = document.components.schemas
  return {
    operations: Object.fromEntries(operations),
    resources: Object.fromEntries(
      [...application.resources.values()].map((resource) => [
        resource.name,
        {
          // The cast is safe: every schema is a JSON object.
          stored: withoutProse(resource.schema as unknown as Json),
          defaultSort: resource.query.defaultSort,
          ...(resource.export !== undefined && { exports: resource.export.access }),
          ...(resource.migrations.length > 0 && {
            migrations: Object.fromEntries(resource.migrations.map(({ to, changes }) => [to, changes])),
          }),
          fields: Object.fromEntries(
            Object.entries(resource.fieldAccess.rules).flatMap(([field, rules]) =>
              Object.entries(rules).map(([use, rule]) => [`${field} ${use}`, rule]),
            ),
          ),
        },
      ]),
    ),
    schemas: { ...schemas, ...Object.fromEntries(views.flatMap(wholeSelection)) },
  }
}

/** Answer of a read without `fields`; with it, only the id is certain. */
function wholeSelection(view: View): readonly [string, Json][] {
  const [[, whole], [name, selection]] = describeSchemas(view)
  return [[name, withoutProse({ ...selection, required: whole.required })]]
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>
  readonly components: {
    readonly schemas: Readonly<Record<string, Json>>
    readonly parameters: Readonly<Record<string, Parameter>>
  }
}

interface Described {
  readonly parameters?: readonly (Parameter | { readonly $ref: string })[]
  readonly requestBody?: { readonly required: boolean; readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>
}

interface Parameter {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly schema?: Json
}

type Content = Readonly<Record<string, { readonly schema?: Json }>>

function operationOf({ paths, components }: Document, path: string, method: string) {
  const { parameters = [], requestBody, responses } = paths[path]?.[method] ?? { responses: {} }
  const named = parameters.map((given): [string, ParameterSurface] => {
    const parameter = '$ref' in given ? components.parameters[given.$ref.split('/').at(-1) ?? ''] : given
    const { name = '', in: place = '', required = false, schema = {} } = parameter ?? {}
    return [`${place} ${name}`, { required, schema }]
  })
  const answers = Object.entries(responses)
    // A part of an answer (206) has no schema of its own.
    .filter(([status]) => status.startsWith('2') && status !== '206')
    .flatMap(([status, { content = { none: {} } }]) =>
      Object.entries(content).map(([type, { schema = {} }]): [string, Json] => [`${status} ${type}`, schema]),
    )
  return {
    parameters: Object.fromEntries(named),
    ...(requestBody !== undefined && {
      body: { required: requestBody.required, content: schemasOf(requestBody.content) },
    }),
    answers: Object.fromEntries(answers),
  }
}

const schemasOf = (content: Content): Readonly<Record<string, Json>> =>
  Object.fromEntries(Object.entries(content).map(([type, { schema = {} }]) => [type, schema]))

/** Keywords that bind nobody (JSON Schema 2020-12 Validation §9), and names of symbols that TypeBox adds. */
const prose: ReadonlySet<string> = new Set([
  ...['description', 'summary', 'title', 'examples', 'example', 'deprecated', 'default', 'readOnly', 'tags'],
])

/**
 * A schema or document without its prose. A property may be called `description`. The casts are safe for a type whose
 * prose is optional, or not in it.
 */
function withoutProse<Value>(value: Value, isNames = false): Value {
  if (Array.isArray(value)) return value.map((item) => withoutProse(item)) as Value
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([key]) => isNames || !prose.has(key))
  return Object.fromEntries(
    kept.map(([key, item]) => [key, withoutProse(item, !isNames && namesOfOthers.has(key))]),
  ) as Value
}

/** Members whose own members are named by the application. */
const namesOfOthers: ReadonlySet<string> = new Set(['properties', 'patternProperties', 'schemas', 'paths'])
