import { attributesOf } from './access/attributes.ts'
import { type AccessRule, Audience, type FieldRules } from './access.ts'
import { type Duration, durationSeconds } from './duration.ts'

/**
 * History of a resource: each write of one of its documents leaves a record of who wrote what and when, told by
 * `GET /VERSION/RESOURCE/{id}/history`.
 */
export interface HistoryOptions {
  /** Time for which a record is kept, `1d` to `3650d`. */
  readonly keep: Duration
  /**
   * Callers who may read the history of a document, judged by the document as it is now, or as it was last. It takes the
   * place of `access.read`; the rules of single fields hold.
   */
  readonly read: AccessRule
  /** Whether a record has the values of the changed fields, before and after the write. @default false: names alone */
  readonly values?: boolean
  /** Stored fields of which a record has neither name nor value. @default none */
  readonly except?: readonly string[]
}

/** Checked options with defaults. */
export interface HistoryRule {
  readonly keepMs: number
  readonly read: AccessRule
  /** Residuals of `read`, per caller. */
  readonly audience: Audience
  readonly values: boolean
  readonly except: readonly string[]
  /** Stored fields that `read` and the rules of single fields compare, and those with subjects. A record has their values. */
  readonly attributes: readonly string[]
}

/** Name of a document's history in paths: `/v1/trips/{id}/history`. */
export const historyName = 'history'

/** Bounds of one answer. */
export const historyLimits = { default: 20, max: 100 } as const

/**
 * @param fields rules of single fields of the resource
 * @param subjectFields its fields with subjects, by which the records of a person are found
 */
export function resolveHistory(
  options: HistoryOptions | undefined,
  fields: FieldRules,
  subjectFields: readonly string[],
): HistoryRule | undefined {
  if (options === undefined) return undefined
  const { keep, read, values = false, except = [] } = options
  return {
    ...{ read, values, except },
    keepMs: durationSeconds(keep) * 1_000,
    audience: new Audience(read),
    attributes: [...new Set([...attributesOf(read, fields), ...subjectFields])],
  }
}
