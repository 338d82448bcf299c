import type { Application } from '@spillway/origin/contract'
import type { ServerCode } from '../src/server-code.ts'

/**
 * The application of an option `--application FOLDER`; without it this release's own. An instance has that one alone, and none
 * of the tools that load another one.
 */
export async function applicationIn(folder: string | undefined): Promise<Application> {
  if (folder === undefined) return (await import('@spillway/origin/application')).application
  const { loadApplication } = await import('../dev/load-application.ts')
  return (await loadApplication(folder)).application
}

/** Server code of the same. */
export async function serverIn(folder: string | undefined): Promise<ServerCode> {
  if (folder === undefined) return (await import('@spillway/origin/application/server')).server
  const { loadServer } = await import('../dev/load-application.ts')
  return loadServer(folder)
}
