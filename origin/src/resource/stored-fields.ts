import {
  computeFields,
  type Fields,
  judgeFields,
  normalizeTimes,
  type Parsed,
  type Principal,
  refusalProblem,
  type WriteOperation,
} from '@spillway/origin/contract'
import { validationFailed } from '../http/validation-problem.ts'
import type { CompiledView } from './compiled-view.ts'
import { refuseFieldWrites } from './field-writes.ts'

/** A write, as the rules of its resource see it. */
export interface Writing {
  readonly principal: Principal | undefined
  /** Milliseconds since the epoch. */
  readonly nowMs: number
  readonly operation: WriteOperation
}

/** Writable fields as a body asks for them, checked in the form of their version. */
export interface CheckedBody {
  readonly input: Fields
  /** Names of the body itself; of a patch, those that it changes. */
  readonly sent: readonly string[]
}

/**
 * Turns a checked body into stored fields, or a refusal: converts it, computes the server's fields, checks the schema,
 * then the resource's own rule. A rule that throws is a defect; nothing has been written at that point.
 *
 * @param current the stored fields to be replaced, as read
 */
export function storedFields(
  compiled: CompiledView,
  { input, sent }: CheckedBody,
  current: Fields | undefined,
  { principal, nowMs, operation }: Writing,
): Parsed<Fields> {
  const { resource } = compiled.view
  const { rules } = resource
  const drafted = compiled.toStored(input, current, principal)
  const refused = refuseFieldWrites(compiled, { sent, drafted, current }, principal)
  if (refused !== undefined) return { ok: false, problem: refused }
  // perf: skips formatting the time, which costs as much as all the rest; most resources have no rules.
  if (!compiled.hasRules) return validated(compiled, drafted)
  const circumstances = { before: current, principal, now: new Date(nowMs).toISOString(), operation }
  const computed = normalizeTimes(resource.schema, computeFields(rules, drafted, circumstances))
  const fields = validated(compiled, computed)
  if (!fields.ok) return fields
  const objection = judgeFields(rules, computed, circumstances)
  if (objection === undefined) return fields
  const problem =
    objection.kind === 'refused'
      ? refusalProblem(objection)
      : validationFailed(compiled.validator.shown(objection.errors))
  return { ok: false, problem }
}

function validated({ validator }: CompiledView, fields: Fields): Parsed<Fields> {
  const errors = validator.stored(fields)
  return errors.length > 0 ? { ok: false, problem: validationFailed(errors) } : { ok: true, value: fields }
}
