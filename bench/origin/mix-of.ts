import type { OperationMix } from '../load/operation-mix.ts'
import type { Mix } from '../load/workload.ts'
import type { Chosen } from '../measure/application-option.ts'
import { applicationLoad, documentsFor } from '../scenarios/application-load.ts'
import type { Subject } from './stage.ts'

/** Mix of a bench: `ownMix` for the repository's own application, and what its users do for another one. */
export async function mixOf(
  chosen: Chosen,
  { url: target, credentials }: Subject,
  ownMix: Mix,
): Promise<Mix | OperationMix> {
  if (chosen.isOwn) return ownMix
  const { browse: operations, documentsMax: count } = applicationLoad(chosen)
  const documents = await documentsFor(operations, { target, credentials, count })
  return { operations, documents, popularity: { kind: 'uniform' } }
}
