import type { Application, ApplicationTools } from '@spillway/origin/contract'
import { findApplication, type WhichApplication } from '@spillway/origin/dev/application-files'
import { loadApplication } from '@spillway/origin/dev/load-application'

/** `--application FOLDER`, as `parseArgs` takes it. */
export const applicationOption = { application: { type: 'string', default: 'own' } } as const

/** Application that a command drives: its definition, and its seed and load mix. */
export interface Chosen {
  readonly which: WhichApplication
  /** Whether it is the repository's own, for which figures are published. */
  readonly isOwn: boolean
  readonly application: Application
  readonly tools: ApplicationTools
}

/** @throws Error where the folder holds no application */
export async function chooseApplication(which: WhichApplication): Promise<Chosen> {
  findApplication(which)
  return { which, isOwn: which === 'own', ...(await loadApplication(which)) }
}
