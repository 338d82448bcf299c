import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './folders.ts'

/**
 * Application to run: `own`, which this repository deploys; `fixture`, for the framework's tests; `patient`, the same
 * with an edge that waits half a minute for an answer; or the folder of another one, as a path from the root.
 */
export type WhichApplication = string

/** Files of an application, as paths from the root. */
export interface ApplicationFiles {
  /** Entry point of the origin. */
  readonly origin: string
  /** Entry point of the Worker. */
  readonly worker: string
  /** Exports `application`. */
  readonly definition: string
  /** Exports `tools`; `undefined` if there are none. */
  readonly tools: string | undefined
  /** Exports `server`. */
  readonly server: string
  /** Folders of its sources. */
  readonly folders: readonly string[]
  /** Files that the Worker's bundle contains beside the framework, as a glob pattern. */
  readonly bundled: string
  /** Whether it belongs to the framework's own tests. */
  readonly isFixture: boolean
}

/** Files of an application; each has its own entry points. */
export function applicationFiles(which: WhichApplication): ApplicationFiles {
  if (which === 'own') {
    return {
      origin: 'origin/src/main.ts',
      worker: 'edge/src/worker.ts',
      definition: 'origin/application/index.ts',
      tools: 'origin/application/tools.ts',
      server: 'origin/application/server/index.ts',
      folders: ['origin/application', 'edge/application'],
      bundled: '{edge,origin}/application/**/*.ts',
      isFixture: false,
    }
  }
  if (which === 'fixture' || which === 'patient') {
    return {
      origin: 'origin/test/fixture/main.ts',
      worker: `edge/test/fixture/${which === 'patient' ? 'patient-worker' : 'worker'}.ts`,
      definition: 'origin/test/fixture/application.ts',
      tools: undefined,
      server: 'origin/test/fixture/server.ts',
      folders: ['origin/test/fixture', 'edge/test/fixture'],
      bundled: '{edge,origin}/test/fixture/**/*.ts',
      isFixture: true,
    }
  }
  return {
    origin: `${which}/origin.ts`,
    worker: `${which}/edge/worker.ts`,
    definition: `${which}/application/index.ts`,
    tools: `${which}/application/tools.ts`,
    server: `${which}/application/server/index.ts`,
    folders: [which],
    bundled: `${which}/{application,edge}/**/*.ts`,
    isFixture: false,
  }
}

/**
 * The application that the option `--application` names.
 *
 * @throws Error where the folder holds none
 */
export function findApplication(which: WhichApplication): ApplicationFiles {
  const files = applicationFiles(which)
  if (existsSync(join(root, files.definition))) return files
  const place = 'must be the folder of an application, as a path from the root of the repository'
  throw new Error(`--application ${which}: ${place}; there is no ${files.definition}`)
}
