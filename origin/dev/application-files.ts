/**
 * Application to run: `own`, which the repository is deployed with, `fixture` of the framework's tests, or the folder of
 * another one, as a path from the root.
 */
export type WhichApplication = string

/** Files of an application, as paths from the root. */
export interface ApplicationFiles {
  /** Program of the origin. */
  readonly origin: string
  /** Entry point of the Worker. */
  readonly worker: string
  /** Exports `application`. */
  readonly definition: string
  /** Exports `tools`; `undefined`: there are none. */
  readonly tools: string | undefined
  /** What the Worker's bundle is made of beside the framework, as a glob pattern. */
  readonly bundled: string
}

/** All have the same framework, each its own entry points. */
export function applicationFiles(which: WhichApplication): ApplicationFiles {
  if (which === 'own') {
    return {
      origin: 'origin/src/main.ts',
      worker: 'edge/src/worker.ts',
      definition: 'origin/application/index.ts',
      tools: 'origin/application/tools.ts',
      bundled: '{edge,origin}/application/**/*.ts',
    }
  }
  if (which === 'fixture') {
    return {
      origin: 'origin/test/fixture/main.ts',
      worker: 'edge/test/fixture/worker.ts',
      definition: 'origin/test/fixture/application.ts',
      tools: undefined,
      bundled: '{edge,origin}/test/fixture/**/*.ts',
    }
  }
  return {
    origin: `${which}/origin.ts`,
    worker: `${which}/edge/worker.ts`,
    definition: `${which}/application/index.ts`,
    tools: `${which}/application/tools.ts`,
    bundled: `${which}/{application,edge}/**/*.ts`,
  }
}
