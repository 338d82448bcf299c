import type { Action, Parsed } from '@spillway/origin/contract'
import type { FastifyRequest } from 'fastify'
import type { CompiledView } from '../resource/compiled-view.ts'
import { keyOf } from '../resource/idempotency.ts'
import { keyedId, requestFingerprint } from '../store/creation-key.ts'
import type { CreationKey } from '../store/repository.ts'
import type { Input } from './action-input.ts'

/** Idempotency-Key of a request for an action, in the form in which it is stored. */
export interface ActionKey {
  readonly id: string
  /** Fingerprint of the request. */
  readonly request: string
}

/** The key that a request names, or else the one that the action finds in it. */
export function actionKey(
  { view }: CompiledView,
  action: Action,
  request: FastifyRequest,
  input: Input,
): Parsed<ActionKey | undefined> {
  // The cast is safe: `split` returns at least one text.
  const path = request.url.split('?', 1)[0] as string
  const operation = `${action.name} ${path}`
  const sent = keyOf(view, request, operation, input.text)
  if (!sent.ok) return sent
  const key = sent.value ?? foundKey(action, input)
  return { ok: true, value: key && { id: keyedId(view.resource.name, key), request: key.request } }

  function foundKey(
    { name, idempotencyKey }: Action,
    { input: fields, text }: Input,
  ): CreationKey | undefined {
    // The cast is safe: the schema from which the function's type is inferred has validated the input.
    const found = idempotencyKey?.(fields as never)
    if (found === undefined || found === '') return undefined
    return {
      subject: request.principal?.subject,
      version: view.version,
      // The blank, which no key of a header has, keeps the two apart.
      key: `${name} ${found}`,
      request: requestFingerprint(operation, text()),
    }
  }
}
