import type { FieldError, Problem } from '@spillway/origin/contract'

/** The problem of a body that breaks its schema, with a JSON Pointer (RFC 6901) for each mistake. */
export const validationFailed = (errors: readonly FieldError[]): Problem => ({
  code: 'validation-failed',
  detail:
    errors.length === 1
      ? `One field is not valid: ${errors.map(({ detail }) => detail)}`
      : `${errors.length} fields are not valid; see errors.`,
  errors,
})

/**
 * Reference token of a JSON Pointer (RFC 6901 §3). A caller's member name is cut to 64 characters, never within a
 * surrogate pair.
 */
export const pointerToken = (name: string): string =>
  name.slice(0, 64).toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1')
