export type Json = Record<string, unknown>

/** Kinds of components that references name. */
export type ComponentKind = 'schemas' | 'responses' | 'parameters' | 'headers'

export const ref = (kind: ComponentKind, name: string): Json => ({ $ref: `#/components/${kind}/${name}` })

/** Content of one media type. */
export const json = (schema: Json, mediaType = 'application/json', example?: unknown): Json => ({
  [mediaType]: { schema, ...(example !== undefined && { example }) },
})
