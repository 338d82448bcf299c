import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Application, ApplicationTools } from '@spillway/origin/contract'
import type { ServerCode } from '../src/server-code.ts'
import { applicationFiles, type WhichApplication } from './application-files.ts'
import { root } from './folders.ts'

/** Loads an application's definition and its tools. */
export async function loadApplication(
  which: WhichApplication,
): Promise<{ readonly application: Application; readonly tools: ApplicationTools }> {
  const { definition, tools } = applicationFiles(which)
  // The types are safe: each application's own sources are type-checked.
  const { application }: { application: Application } = await load(definition)
  if (tools === undefined) return { application, tools: {} }
  const own: { tools: ApplicationTools } = await load(tools)
  return { application, tools: own.tools }
}

/** Loads an application's server code. */
export async function loadServer(which: WhichApplication): Promise<ServerCode> {
  // The type is safe: as above.
  const { server }: { server: ServerCode } = await load(applicationFiles(which).server)
  return server
}

const load = (file: string) => import(pathToFileURL(join(root, file)).href)
